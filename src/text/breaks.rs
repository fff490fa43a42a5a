//! An empty line where a line, a paragraph or a sentence of the text ends: `--breaks`.
//!
//! The filter behind it sees each of them as a text of its own.

use crate::common::error::Error;
use crate::common::stream::{Filter, Out};
use unicode_segmentation::UnicodeSegmentation;

/// What ends with an empty line in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaks {
    /// A line.
    Line,
    /// The lines up to one with nothing but blanks.
    Paragraph,
    /// A sentence, by Unicode Standard Annex 29, or a line.
    Sentence,
}

/// A filter, and the breaks of its text. Parts without output have no empty line.
pub struct Broken<F> {
    filter: F,
    breaks: Breaks,
    /// For sentences: the line so far.
    line: Vec<u8>,
    /// For paragraphs: the line so far is blank.
    is_blank: bool,
    /// There is output since the last empty line.
    has_output: bool,
}

impl<F: Filter> Broken<F> {
    /// Breaks the text of a filter.
    pub fn new(filter: F, breaks: Breaks) -> Self {
        Broken {
            filter,
            breaks,
            line: Vec::new(),
            is_blank: true,
            has_output: false,
        }
    }

    /// Passes a part of the text on.
    fn pass(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error> {
        let before = out.as_slice().len();
        self.filter.block(text, out)?;
        self.has_output |= out.as_slice().len() > before;
        Ok(())
    }

    /// Ends the part: its words, and an empty line.
    fn end_part(&mut self, out: &mut Out) -> Result<(), Error> {
        let before = out.as_slice().len();
        self.filter.end(out)?;
        self.has_output |= out.as_slice().len() > before;
        if std::mem::take(&mut self.has_output) {
            out.push(b"\n");
        }
        Ok(())
    }

    /// Passes lines on, each with its end.
    fn lines(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error> {
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', text) {
            self.pass(&text[start..=end], out)?;
            self.end_part(out)?;
            start = end + 1;
        }
        self.pass(&text[start..], out)
    }

    /// Passes paragraphs on.
    fn paragraphs(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error> {
        let mut passed = 0;
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', text) {
            if self.is_blank && is_blank(&text[start..end]) {
                self.pass(&text[passed..=end], out)?;
                self.end_part(out)?;
                passed = end + 1;
            }
            self.is_blank = true;
            start = end + 1;
        }
        self.is_blank &= is_blank(&text[start..]);
        self.pass(&text[passed..], out)
    }

    /// Passes the sentences of whole lines on, and keeps the beginning of the last one.
    fn sentences(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error> {
        let Some(end) = memchr::memrchr(b'\n', text) else {
            self.line.extend_from_slice(text);
            return Ok(());
        };
        let mut lines = std::mem::take(&mut self.line);
        lines.extend_from_slice(&text[..=end]);
        self.line.extend_from_slice(&text[end + 1..]);
        self.sentences_of(&lines, out)
    }

    fn sentences_of(&mut self, lines: &[u8], out: &mut Out) -> Result<(), Error> {
        for line in lines.split_inclusive(|&byte| byte == b'\n') {
            for piece in line.utf8_chunks() {
                let text = piece.valid();
                let mut start = 0;
                for end in sentence_ends(text) {
                    self.pass(&text.as_bytes()[start..end], out)?;
                    if end < text.len() {
                        self.end_part(out)?;
                    }
                    start = end;
                }
                self.pass(piece.invalid(), out)?;
            }
            self.end_part(out)?;
        }
        Ok(())
    }
}

/// The longest run of blanks, or of characters that close a sentence, that is searched as it is.
const RUN: usize = 4;

/// Where the sentences of a text end. The search of the crate begins anew at each blank behind a
/// full stop, so long runs of blanks and closing characters are shortened for it.
fn sentence_ends(text: &str) -> Vec<usize> {
    let kind = |c: char| match c {
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => None,
        ')' | ']' | '}' | '"' | '\'' | '’' | '”' | '»' => Some(false),
        c => c.is_whitespace().then_some(true),
    };
    let mut short = String::with_capacity(text.len());
    // Where bytes were left out, and how many up to there.
    let mut gaps: Vec<(usize, usize)> = Vec::new();
    let (mut last, mut run) = (None, 0);
    for (at, c) in text.char_indices() {
        let kind = kind(c);
        run = if kind.is_some() && kind == last {
            run + 1
        } else {
            0
        };
        last = kind;
        if run < RUN {
            short.push(c);
        } else {
            let left_out = at + c.len_utf8() - short.len();
            match gaps.last_mut() {
                Some(gap) if gap.0 == short.len() => gap.1 = left_out,
                _ => gaps.push((short.len(), left_out)),
            }
        }
    }
    let mut end = 0;
    let ends = short.split_sentence_bounds().map(|sentence| {
        end += sentence.len();
        let gaps = gaps.partition_point(|gap| gap.0 <= end);
        (end, gaps)
    });
    let ends: Vec<_> = ends.collect();
    let original = |(end, number): (usize, usize)| match number {
        0 => end,
        number => end + gaps[number - 1].1,
    };
    ends.into_iter().map(original).collect()
}

/// Whether a line has nothing but blanks.
fn is_blank(line: &[u8]) -> bool {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | 0x0B | 0x0C);
    line.iter().all(is_blank)
}

impl<F: Filter> Filter for Broken<F> {
    fn block(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error> {
        match self.breaks {
            Breaks::Line => self.lines(text, out),
            Breaks::Paragraph => self.paragraphs(text, out),
            Breaks::Sentence => self.sentences(text, out),
        }
    }

    fn end(&mut self, out: &mut Out) -> Result<(), Error> {
        let line = std::mem::take(&mut self.line);
        self.sentences_of(&line, out)?;
        self.is_blank = true;
        self.end_part(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary::{self, filtered};
    use crate::text::pick::{Pick, Which};
    use crate::text::unicode;
    use proptest::prelude::*;

    fn broken(breaks: Breaks, text: &[u8], cuts: &[usize]) -> String {
        let words = Pick::new(Which::All, false);
        let out = filtered(Broken::new(words, breaks), text, cuts.to_vec());
        String::from_utf8_lossy(&out).replace('\n', "|")
    }

    #[test]
    fn an_empty_line_ends_each_part_with_words() {
        let text = b"\n\na b.\nC d! E\n \t\r\n...\n\nf";
        for (breaks, expected) in [
            (Breaks::Line, "a|b||C|d|E||f||"),
            (Breaks::Paragraph, "a|b|C|d|E||f||"),
            (Breaks::Sentence, "a|b||C|d||E||f||"),
        ] {
            assert_eq!(broken(breaks, text, &[usize::MAX]), expected, "{breaks:?}");
            assert_eq!(broken(breaks, b"", &[1]), "");
        }
    }

    #[test]
    fn sentences() {
        for (text, expected) in [
            ("Mr. Smith went.", "Mr||Smith|went||"),
            (
                "It costs 3.50 (U.S. dollars) now.",
                "It|costs|3|50|U|S|dollars|now||",
            ),
            ("Who? \u{201C}I.\u{201D} He", "Who||I||He||"),
            ("我。你！", "我||你||"),
            ("a\u{2029}b\rc", "a||b||c||"),
            (
                "No.        It, etc.          and \"a.))))))))))      B",
                "No||It|etc|and|a||B||",
            ),
        ] {
            assert_eq!(broken(Breaks::Sentence, text.as_bytes(), &[1]), expected);
        }
    }

    #[test]
    fn long_runs_of_blanks() {
        for run in [" ", ")", "\u{A0}", " \t", ")\""] {
            let text = format!("One.{}two. Three", run.repeat(100_000));
            let sentences = broken(Breaks::Sentence, text.as_bytes(), &[usize::MAX]);
            let expected = "One|two||Three||";
            assert!(sentences == expected, "{run:?}: {sentences}");
        }
    }

    /// A filter that writes its text.
    struct Same;

    impl Filter for Same {
        fn block(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error> {
            out.push(text);
            Ok(())
        }

        fn end(&mut self, _: &mut Out) -> Result<(), Error> {
            Ok(())
        }
    }

    #[test]
    fn every_line_of_unicodes_test() {
        let file = include_str!("../../tests/data/SentenceBreakTest.txt");
        let mut lines = 0;
        for sentences in unicode::segments(file) {
            let text = sentences.concat();
            let expected: String = sentences
                .iter()
                .map(|sentence| format!("{sentence}\n"))
                .collect();
            let found = filtered(
                Broken::new(Same, Breaks::Sentence),
                text.as_bytes(),
                vec![usize::MAX],
            );
            assert_eq!(String::from_utf8(found).unwrap(), expected, "{text:?}");
            lines += 1;
        }
        assert!(lines > 500);
    }

    proptest! {
        /// The parts of a text, each without its words, are those that are found line by line.
        #[test]
        fn lines_and_paragraphs(text in arbitrary::text(), cuts in arbitrary::cuts()) {
            let words = |part: &[u8]| {
                let out = filtered(Pick::new(Which::All, false), part, vec![usize::MAX]);
                String::from_utf8_lossy(&out).replace('\n', "|")
            };
            let with_end = |words: String| if words.is_empty() { words } else { words + "|" };
            let lines: Vec<_> = text.split_inclusive(|&byte| byte == b'\n').collect();
            let by_line: String = lines.iter().map(|line| with_end(words(line))).collect();
            prop_assert_eq!(broken(Breaks::Line, &text, &cuts), by_line);
            let is_end = |line: &&[u8]| is_blank(line.strip_suffix(b"\n").unwrap_or(line));
            let paragraphs = lines.split(is_end);
            let by_paragraph: String = paragraphs.map(|lines| with_end(words(&lines.concat()))).collect();
            prop_assert_eq!(broken(Breaks::Paragraph, &text, &cuts), by_paragraph);
        }

        #[test]
        fn sentences_do_not_depend_on_cuts(text in arbitrary::text(), cuts in arbitrary::cuts()) {
            let whole = broken(Breaks::Sentence, &text, &[usize::MAX]);
            prop_assert_eq!(broken(Breaks::Sentence, &text, &cuts), whole);
        }
    }
}
