//! Pages: several texts of `COUNT LINE`, one after the other, such as the counts of a stream after
//! each second.
//!
//! A line that is a form feed alone ends a page. It cannot be a record, which begins with blanks or
//! with a digit. What follows the last form feed is a page, too, unless nothing does; so a text
//! without form feeds is one page, also if it is empty. `count` writes pages; [`topn`] and [`bars`]
//! read them, and write a page for each. To all other filters a form feed is a part of a line.
//!
//! [`topn`]: crate::text::topn
//! [`bars`]: crate::text::bars

use crate::common::error::Error;
use crate::common::stream;
use std::io::Read;

/// The line that ends a page, without its terminator.
pub const END: &[u8] = b"\x0c";

/// The same with its terminator.
pub fn end(terminator: u8) -> [u8; 2] {
    [END[0], terminator]
}

/// What is done at the end of a page of a `P`: it must leave `P` without records.
pub type AtEnd<'a, P> = &'a mut dyn FnMut(&mut P) -> Result<(), Error>;

/// Adds all records of an input to a page, and calls `at_end` at the end of each page. Returns
/// whether there are records after the last one. The first line of the input has the number 1,
/// whichever page it is on.
///
/// A line is only compared with the end of a page if `add` fails: a text without pages costs no
/// more than if there were none.
pub(super) fn read<P>(
    page: &mut P,
    input: &mut dyn Read,
    terminator: u8,
    add: impl Fn(&mut P, &[u8]) -> Result<(), &'static str>,
    at_end: AtEnd<P>,
) -> Result<bool, Error> {
    let (mut number, mut ended) = (0, 0);
    stream::lines(input, terminator, |line| {
        number += 1;
        if let Err(cause) = add(page, line) {
            end_page(page, line, number, cause, at_end)?;
            ended = number;
        }
        Ok(())
    })?;
    Ok(number > ended)
}

/// Ends a page at a line that is not a record, for this cause, if it is the end of one.
#[cold]
fn end_page<P>(
    page: &mut P,
    line: &[u8],
    number: u64,
    cause: &'static str,
    at_end: AtEnd<P>,
) -> Result<(), Error> {
    if line != END {
        return Err(Error::bad_line(number, cause, line));
    }
    at_end(page).map_err(|error| match error {
        // The page has no answer; its end says which page it is.
        Error::Data(cause) => Error::line(number, cause),
        error => error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary;
    use proptest::prelude::*;

    /// The pages of a text in which an `x` is no record, each with the lines on it, and whether
    /// the last one has not ended.
    fn pages(text: &[u8], cuts: Vec<usize>) -> (Vec<Vec<Vec<u8>>>, Result<bool, String>) {
        let mut pages = Vec::new();
        let mut page = Vec::new();
        let result = read(
            &mut page,
            &mut arbitrary::pieces(text, cuts),
            b'\n',
            |page, line| match line.first() {
                Some(b'x' | b'\x0c') => Err("bad"),
                _ => {
                    page.push(line.to_vec());
                    Ok(())
                }
            },
            &mut |page| {
                pages.push(std::mem::take(page));
                match pages.len() {
                    5 => Err(Error::Data("no answer")),
                    _ => Ok(()),
                }
            },
        );
        pages.push(page);
        (pages, result.map_err(|error| error.to_string()))
    }

    #[test]
    fn lines_are_numbered_through_all_pages() {
        let result = |text: &str| pages(text.as_bytes(), vec![1]).1;
        assert_eq!(
            result("1\n\x0c\n\x0c\n2\nx\n"),
            Err("line 5: bad: 'x'".into())
        );
        assert_eq!(result("1\n\x0cx\n"), Err(r"line 2: bad: '\u{c}x'".into()));
        assert_eq!(result("1\n\x0c\r\n"), Err(r"line 2: bad: '\u{c}\r'".into()));
        assert_eq!(
            result("\x0c\n\x0c\n\x0c\n1\n\x0c\n2\n\x0c\n3\n"),
            Err("line 7: no answer".into())
        );
        for (text, is_open) in [
            ("", false),
            ("1", true),
            ("\x0c", false),
            ("1\n\x0c\n", false),
            ("1\n\x0c\n2\n", true),
        ] {
            assert_eq!(result(text), Ok(is_open), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn the_parts_between_form_feeds(
            parts in prop::collection::vec(prop::collection::vec("[ 0-9\x0c]{0,3}", 0..4), 1..5),
            cuts in arbitrary::cuts(),
        ) {
            let record = |line: &String| format!("7{line}");
            let parts: Vec<Vec<String>> = parts.iter().map(|part| part.iter().map(record).collect()).collect();
            let text = |part: &Vec<String>| part.iter().map(|line| format!("{line}\n")).collect::<String>();
            let whole = parts.iter().map(text).collect::<Vec<_>>().join("\x0c\n");
            let lines = |part: &Vec<String>| part.iter().map(|line| line.clone().into_bytes()).collect::<Vec<_>>();
            let expected: Vec<_> = parts.iter().map(lines).collect();
            let is_open = !parts[parts.len() - 1].is_empty();
            prop_assert_eq!(pages(whole.as_bytes(), cuts), (expected, Ok(is_open)));
        }
    }
}
