//! LIST: which fields, in which order.
//!
//! Items are separated by commas. An item is a column (`7`, `-1`), some columns (`3-`, `2-5`, `-3-`), or,
//! in the formats that have names, a name. There, `"…"` around an item makes it a name whatever
//! it contains; a quote in it is doubled.

use super::records::Records;
use std::fmt::{self, Display};
use std::ops::Range;

/// An item of a LIST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// One column or several.
    Columns(Columns),
    /// A name, literally.
    Name(Vec<u8>),
}

impl Item {
    /// The columns, if it is some.
    pub fn columns(&self) -> Option<Columns> {
        match self {
            Item::Columns(columns) => Some(*columns),
            Item::Name(_) => None,
        }
    }
}

/// Columns from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    first: Position,
    last: Position,
}

/// The place of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// From the start; the first is 0.
    Start(usize),
    /// From the end; the last is 1.
    End(usize),
}

impl Position {
    /// How many columns are before this one and, with it, up to it, in a record with `count`
    /// columns; none if it is before the first one.
    fn bounds(self, count: usize) -> (Option<usize>, usize) {
        match self {
            Position::Start(n) => (Some(n), n.saturating_add(1)),
            Position::End(n) => (count.checked_sub(n), (count + 1).saturating_sub(n)),
        }
    }
}

impl Columns {
    /// A column, counted from 0.
    pub fn one(n: usize) -> Self {
        Columns {
            first: Position::Start(n),
            last: Position::Start(n),
        }
    }

    /// Those that a record with `count` columns has, counted from 0.
    pub fn of(self, count: usize) -> Range<usize> {
        let (first, _) = self.first.bounds(count);
        let (_, end) = self.last.bounds(count);
        match first {
            Some(first) => first.min(count)..end.clamp(first, first.max(count)).min(count),
            // The range begins before the first column.
            None if self.is_range() => 0..end.min(count),
            None => 0..0,
        }
    }

    /// Whether it is more than one column, whatever the record.
    fn is_range(self) -> bool {
        self.first != self.last
    }

    /// How many columns from the start have to be known.
    fn needed(self) -> usize {
        match (self.first, self.last) {
            (Position::Start(_), Position::Start(last)) => last.saturating_add(1),
            _ => usize::MAX,
        }
    }
}

/// Columns in the order of the LIST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    items: Vec<Columns>,
}

impl Selection {
    /// These columns.
    pub fn new(items: Vec<Columns>) -> Self {
        Selection { items }
    }

    /// Writes a record with `count` fields. `field` writes one of them, by its number from 0.
    pub fn write(
        &self,
        count: usize,
        records: &mut Records,
        mut field: impl FnMut(usize, &mut Records),
    ) {
        records.begin();
        for columns in &self.items {
            let range = columns.of(count);
            if range.is_empty() {
                records.field(None);
            }
            range.for_each(|n| field(n, records));
        }
        records.end();
    }

    /// Writes the record with these fields, which are parts of a text.
    pub fn write_parts(&self, text: &[u8], fields: &[(usize, usize)], records: &mut Records) {
        self.write(fields.len(), records, |n, records| {
            let (start, end) = fields[n];
            records.field_part(text, start, end);
        });
    }

    /// The column, if it is a single one, counted from the start and from 0.
    pub fn single(&self) -> Option<usize> {
        match self.items[..] {
            [
                Columns {
                    first: Position::Start(n),
                    last,
                },
            ] if last == Position::Start(n) => Some(n),
            _ => None,
        }
    }

    /// The column, if it is a single one, counted from the end and from 0.
    pub fn single_from_end(&self) -> Option<usize> {
        match self.items[..] {
            [
                Columns {
                    first: Position::End(n),
                    last,
                },
            ] if last == Position::End(n) => Some(n - 1),
            _ => None,
        }
    }

    /// How many columns from the start have to be known.
    pub fn needed(&self) -> usize {
        let needed = self.items.iter().map(|columns| columns.needed());
        needed.max().unwrap_or(0)
    }
}

/// Why a LIST is wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong(String);

impl Wrong {
    pub(super) fn new(cause: String) -> Self {
        Wrong(cause)
    }
}

impl Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether a record may give several fields.
pub fn is_several(items: &[Item]) -> bool {
    match items {
        [Item::Columns(columns)] => columns.is_range(),
        items => items.len() > 1,
    }
}

/// Parses a LIST of columns.
pub fn columns(list: &[u8]) -> Result<Vec<Item>, Wrong> {
    let items = list.split(|&byte| byte == b',');
    items
        .map(|item| match parse(item)? {
            Some(columns) => Ok(Item::Columns(columns)),
            None => Err(Wrong(format!(
                "invalid field '{}' (use a number, -1 for the last one, or a range such as 3-)",
                shown(item)
            ))),
        })
        .collect()
}

/// Parses a LIST of names. A plain number is a column, if the format has columns, and `#` before
/// a number or a range always makes it one.
pub fn names(list: &[u8], has_columns: bool) -> Result<Vec<Item>, Wrong> {
    let mut items = Vec::new();
    let mut rest = Some(list);
    while let Some(list) = rest {
        let (item, behind) = next(list)?;
        rest = behind;
        items.push(match item {
            Text::Quoted(name) => Item::Name(name),
            Text::Plain([]) => return Err(empty()),
            Text::Plain(plain) if has_columns => {
                let number = plain.strip_prefix(b"#").filter(|number| !number.is_empty());
                let is_plain = plain.strip_prefix(b"-").unwrap_or(plain);
                let is_plain = is_plain.iter().all(u8::is_ascii_digit);
                match number.or(is_plain.then_some(plain)).map(parse) {
                    Some(columns) => match columns? {
                        Some(columns) => Item::Columns(columns),
                        None => Item::Name(plain.to_vec()),
                    },
                    None => Item::Name(plain.to_vec()),
                }
            }
            Text::Plain(plain) => Item::Name(plain.to_vec()),
        });
    }
    Ok(items)
}

/// An item as it is written.
enum Text<'a> {
    Plain(&'a [u8]),
    Quoted(Vec<u8>),
}

/// The first item, and the list after its comma if there is one.
fn next(list: &[u8]) -> Result<(Text<'_>, Option<&[u8]>), Wrong> {
    let Some(mut rest) = list.strip_prefix(b"\"") else {
        return Ok(match memchr::memchr(b',', list) {
            Some(comma) => (Text::Plain(&list[..comma]), Some(&list[comma + 1..])),
            None => (Text::Plain(list), None),
        });
    };
    let mut name = Vec::new();
    loop {
        let Some(quote) = memchr::memchr(b'"', rest) else {
            return Err(Wrong(format!("no closing quote in '{}'", shown(list))));
        };
        name.extend_from_slice(&rest[..quote]);
        rest = &rest[quote + 1..];
        match rest {
            [] => return Ok((Text::Quoted(name), None)),
            [b',', rest @ ..] => return Ok((Text::Quoted(name), Some(rest))),
            [b'"', behind @ ..] => {
                name.push(b'"');
                rest = behind;
            }
            _ => {
                return Err(Wrong(format!(
                    "text after a closing quote in '{}' (double the quotes of a name)",
                    shown(list)
                )));
            }
        }
    }
}

/// Parses a column or a range; none if it is neither.
fn parse(item: &[u8]) -> Result<Option<Columns>, Wrong> {
    if item.is_empty() {
        return Err(empty());
    }
    let Some((first, rest)) = position(item)? else {
        return Ok(None);
    };
    let last = match rest {
        [] => Some((first, rest)),
        [b'-'] => Some((Position::End(1), &rest[1..])),
        [b'-', rest @ ..] => position(rest)?,
        _ => None,
    };
    let Some((last, [])) = last else {
        return Ok(None);
    };
    match (first, last) {
        (Position::Start(first), Position::Start(last)) if first > last => Err(Wrong(format!(
            "range '{}' is decreasing (use {},{} for another order)",
            shown(item),
            first + 1,
            last + 1
        ))),
        _ => Ok(Some(Columns { first, last })),
    }
}

/// The position at the start of an item, and what follows it.
fn position(item: &[u8]) -> Result<Option<(Position, &[u8])>, Wrong> {
    let (is_from_end, number) = match item.strip_prefix(b"-") {
        Some(number) => (true, number),
        None => (false, item),
    };
    let digits = number.iter().take_while(|byte| byte.is_ascii_digit());
    let (digits, rest) = number.split_at(digits.count());
    if digits.is_empty() {
        return Ok(None);
    }
    let too_large = |_| Wrong(format!("number too large in '{}'", shown(item)));
    let n: usize = shown(digits).parse().map_err(too_large)?;
    match (is_from_end, n) {
        (_, 0) => Err(Wrong("invalid field 0 (the first field is 1)".to_string())),
        (true, n) => Ok(Some((Position::End(n), rest))),
        (false, n) => Ok(Some((Position::Start(n - 1), rest))),
    }
}

fn empty() -> Wrong {
    Wrong("empty item in the list of fields".to_string())
}

fn shown(item: &[u8]) -> String {
    String::from_utf8_lossy(item).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns, counted from 1, that a list gives for a record with 5 columns.
    fn of_five(list: &str) -> Vec<usize> {
        let items = columns(list.as_bytes()).unwrap();
        let columns = items.into_iter().flat_map(|item| match item {
            Item::Columns(columns) => columns.of(5),
            Item::Name(name) => panic!("{name:?}"),
        });
        columns.map(|n| n + 1).collect()
    }

    #[test]
    fn columns_and_ranges() {
        for (list, expected) in [
            ("1", &[1][..]),
            ("5", &[5]),
            ("6", &[]),
            ("2,1,2", &[2, 1, 2]),
            ("3-", &[3, 4, 5]),
            ("2-4", &[2, 3, 4]),
            ("4-9", &[4, 5]),
            ("6-9", &[]),
            ("6-", &[]),
            ("-1", &[5]),
            ("-5", &[1]),
            ("-6", &[]),
            ("-2-", &[4, 5]),
            ("-9-", &[1, 2, 3, 4, 5]),
            ("-9-2", &[1, 2]),
            ("2--2", &[2, 3, 4]),
            ("4--3", &[]),
            ("1--9", &[]),
            ("-2--1", &[4, 5]),
            ("-1--2", &[]),
        ] {
            assert_eq!(of_five(list), expected, "{list}");
        }
    }

    #[test]
    fn wrong_lists() {
        for (list, cause) in [
            ("", "empty item in the list of fields"),
            ("1,,2", "empty item in the list of fields"),
            ("1,", "empty item in the list of fields"),
            ("0", "invalid field 0 (the first field is 1)"),
            ("1-0", "invalid field 0 (the first field is 1)"),
            ("-0", "invalid field 0 (the first field is 1)"),
            (
                "3-2",
                "range '3-2' is decreasing (use 3,2 for another order)",
            ),
            (
                "99999999999999999999",
                "number too large in '99999999999999999999'",
            ),
        ] {
            assert_eq!(columns(list.as_bytes()), Err(Wrong(cause.to_string())));
        }
        for list in [
            "a", "-", "1-a", "1x", "#1", " 1", "1 ", "+1", "--1", "1-2-3",
        ] {
            let error = columns(list.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with("invalid field '"), "{list}: {error}");
        }
    }

    #[test]
    fn names_are_literal() {
        let name = |name: &str| Item::Name(name.as_bytes().to_vec());
        let column = |n: usize| Item::Columns(Columns::one(n - 1));
        for (list, expected) in [
            ("city", vec![name("city")]),
            (
                "cs-uri-stem,time taken",
                vec![name("cs-uri-stem"), name("time taken")],
            ),
            ("3", vec![column(3)]),
            ("#3,3,\"3\"", vec![column(3), column(3), name("3")]),
            ("2-3,3-,#", vec![name("2-3"), name("3-"), name("#")]),
            ("#a,a\"b", vec![name("#a"), name("a\"b")]),
            ("\"a,b\",c", vec![name("a,b"), name("c")]),
            ("\"a\"\"b\",\"\"", vec![name("a\"b"), name("")]),
        ] {
            assert_eq!(names(list.as_bytes(), true), Ok(expected), "{list}");
        }
        assert_eq!(names(b"3", false), Ok(vec![name("3")]));
        for wrong in ["", "a,", ",", "\"a", "\"a\"b", "0", "#0", "#3-2"] {
            assert!(names(wrong.as_bytes(), true).is_err(), "{wrong}");
        }
        let Ok([Item::Columns(last)]) = names(b"-1", true)
            .as_deref()
            .map(|items| <[Item; 1]>::try_from(items.to_vec()).unwrap())
        else {
            panic!("-1 is the last column");
        };
        assert_eq!(last.of(5), 4..5);
    }
}
