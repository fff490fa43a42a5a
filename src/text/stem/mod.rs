//! `stem`: the stem of each word, by Snowball's algorithms.
//!
//! The input has a word on each line, in lower case. A line that is not UTF-8, or is longer than any
//! word ([`LONGEST`]), is its own stem. Cost: one pass. A stem takes some hundred nanoseconds; those
//! of recent words are in a table of fixed size (`recent`), and most words of a text are.
//!
//! The algorithms are those of the crate `snowball_stemmers_rs`, which Snowball's compiler made from sources
//! between its versions 3.0.1 and 3.1.0. Other versions give other stems for some words, so the crate is
//! pinned to one version (docs/programs/stem.md has the differences).

mod recent;

use crate::common::error::Error;
use crate::common::stream::{self, Blocks, Out};
use crate::text::scan::{self, CHUNK};
use recent::{Packed, Recent, WIDE};
use snowball_stemmers_rs::{Algorithm, Stemmer};
use std::borrow::Cow;
use std::fmt;
use std::io::{Read, Write};
use std::str::FromStr;

/// The version of the algorithms.
pub const VERSION: &str = "snowball_stemmers_rs 1.0.1";

/// The longest word, in bytes. The time for a word grows with the square of its length.
pub const LONGEST: usize = 1024;

/// How many chunks are searched together.
const BATCH: usize = 16;

/// The algorithms, in the order of their names.
const LANGUAGES: [(&str, Algorithm); 38] = [
    ("arabic", Algorithm::Arabic),
    ("armenian", Algorithm::Armenian),
    ("basque", Algorithm::Basque),
    ("catalan", Algorithm::Catalan),
    ("czech", Algorithm::Czech),
    ("danish", Algorithm::Danish),
    ("dutch", Algorithm::Dutch),
    ("dutch_porter", Algorithm::DutchPorter),
    ("english", Algorithm::English),
    ("esperanto", Algorithm::Esperanto),
    ("estonian", Algorithm::Estonian),
    ("finnish", Algorithm::Finnish),
    ("french", Algorithm::French),
    ("german", Algorithm::German),
    ("greek", Algorithm::Greek),
    ("hindi", Algorithm::Hindi),
    ("hungarian", Algorithm::Hungarian),
    ("indonesian", Algorithm::Indonesian),
    ("irish", Algorithm::Irish),
    ("italian", Algorithm::Italian),
    ("lithuanian", Algorithm::Lithuanian),
    ("lovins", Algorithm::Lovins),
    ("nepali", Algorithm::Nepali),
    ("norwegian", Algorithm::Norwegian),
    ("persian", Algorithm::Persian),
    ("polish", Algorithm::Polish),
    ("porter", Algorithm::Porter),
    ("portuguese", Algorithm::Portuguese),
    ("romanian", Algorithm::Romanian),
    ("russian", Algorithm::Russian),
    ("serbian", Algorithm::Serbian),
    ("sesotho", Algorithm::Sesotho),
    ("spanish", Algorithm::Spanish),
    ("swedish", Algorithm::Swedish),
    ("tamil", Algorithm::Tamil),
    ("turkish", Algorithm::Turkish),
    ("ukrainian", Algorithm::Ukrainian),
    ("yiddish", Algorithm::Yiddish),
];

/// A language, or an older algorithm for one (`porter`, `lovins`, `dutch_porter`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Language {
    name: &'static str,
    algorithm: Algorithm,
}

impl Language {
    /// All of them, in the order of their names.
    pub fn all() -> impl Iterator<Item = Language> {
        let languages = LANGUAGES.into_iter();
        languages.map(|(name, algorithm)| Language { name, algorithm })
    }

    /// Its name in English, in lower case.
    pub fn name(self) -> &'static str {
        self.name
    }
}

/// A name that is not that of a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown(String);

impl FromStr for Language {
    type Err = Unknown;

    fn from_str(name: &str) -> Result<Self, Unknown> {
        let unknown = || Unknown(name.to_string());
        let language = Language::all().find(|language| language.name == name);
        language.ok_or_else(unknown)
    }
}

/// How similar a name must be to be suggested, from 0 to 1: `en` and `englsh` are similar to
/// `english`.
const SIMILAR: f64 = 0.8;

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Unknown(name) = self;
        write!(f, "unknown language '{name}'")?;
        let lower = name.to_lowercase();
        let similarity = |language: &Language| strsim::jaro_winkler(&lower, language.name);
        let near = Language::all().filter(|language| similarity(language) >= SIMILAR);
        let near: Vec<_> = near
            .map(|language| format!("'{}'", language.name))
            .collect();
        match near.is_empty() {
            true => write!(f, " (stem --list prints the names)"),
            false => write!(f, "; did you mean {}?", near.join(" or ")),
        }
    }
}

impl std::error::Error for Unknown {}

/// The filter `stem`.
///
/// ```
/// # use textmill::text::stem::{Language, Stem};
/// let english: Language = "english".parse()?;
/// let mut output = Vec::new();
/// Stem::new(english, false, b'\n').read(&mut "running\nskies\n".as_bytes(), &mut output)?;
/// assert_eq!(output, b"run\nsky\n");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub struct Stem {
    algorithm: Stemmer,
    with_words: bool,
    terminator: u8,
    recent: Recent,
}

impl Stem {
    /// Stems of words that end in `terminator`. `with_words` writes a TAB and the word after each
    /// stem.
    pub fn new(language: Language, with_words: bool, terminator: u8) -> Self {
        Stem {
            algorithm: Stemmer::create(language.algorithm),
            with_words,
            terminator,
            recent: Recent::new(),
        }
    }

    /// Writes the stems of a text. If reading fails, those of the text so far are written before
    /// the error is returned.
    pub fn read(
        &mut self,
        input: &mut (impl Read + ?Sized),
        output: &mut (impl Write + ?Sized),
    ) -> Result<(), Error> {
        let mut blocks = Blocks::new();
        let mut out = Out::default();
        let ended = loop {
            let searched = blocks.text().len();
            match blocks.read(input) {
                Ok(0) => break Ok(()),
                Ok(_) => {}
                Err(error) => break Err(Error::Read(error)),
            }
            let length = blocks.text().len();
            let text = blocks.padded(length + WIDE);
            let begin = self.lines(text, searched, length, &mut out);
            stream::write(output, &mut out)?;
            blocks.keep(length - begin);
        };
        // A last line without an end counts.
        let length = blocks.text().len();
        if length > 0 {
            self.word(blocks.padded(length + WIDE), length, &mut out);
        }
        stream::write(output, &mut out)?;
        ended
    }

    /// Takes the lines of a text of this length, which has no line end in the part that was
    /// searched. Returns the start of the incomplete line. The text is longer than that by
    /// [`WIDE`] bytes.
    fn lines(&mut self, text: &[u8], searched: usize, length: usize, out: &mut Out) -> usize {
        let mut line = 0;
        let mut ends = [0; BATCH];
        for begin in (searched..length).step_by(BATCH * CHUNK) {
            let batch = &text[begin..length.min(begin + BATCH * CHUNK)];
            let ends = &mut ends[..batch.len().div_ceil(CHUNK)];
            scan::find(self.terminator, batch, ends);
            for (begin, &ends) in (begin..).step_by(CHUNK).zip(ends.iter()) {
                let mut ends = ends;
                while ends != 0 {
                    let end = begin + ends.trailing_zeros() as usize;
                    ends &= ends - 1;
                    self.word(&text[line..], end - line, out);
                    line = end + 1;
                }
            }
        }
        line
    }

    /// Writes the stem of the word of this length at the start of a text, which is longer than that
    /// by [`WIDE`] bytes.
    #[inline(always)]
    fn word(&mut self, text: &[u8], length: usize, out: &mut Out) {
        let word = &text[..length];
        let end = if self.with_words {
            b'\t'
        } else {
            self.terminator
        };
        let key = Packed::new(text, length);
        match key.and_then(|key| self.recent.get(key)) {
            Some(stem) => stem.put(end, out),
            None => self.new_word(word, key, end, out),
        }
        if self.with_words {
            out.push(word);
            out.push(&[self.terminator]);
        }
    }

    #[inline(never)]
    fn new_word(&mut self, word: &[u8], key: Option<Packed>, end: u8, out: &mut Out) {
        let stem = stem(&self.algorithm, word);
        out.push(&stem);
        out.push(&[end]);
        if let Some(key) = key {
            self.recent.set(key, &stem);
        }
    }
}

/// The stem of a word.
fn stem<'a>(algorithm: &Stemmer, word: &'a [u8]) -> Cow<'a, [u8]> {
    match str::from_utf8(word) {
        Ok(text) if word.len() <= LONGEST => match algorithm.stem(text) {
            Cow::Borrowed(stem) => Cow::Borrowed(stem.as_bytes()),
            Cow::Owned(stem) => Cow::Owned(stem.into_bytes()),
        },
        _ => Cow::Borrowed(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary;
    use proptest::prelude::*;

    fn stems(language: &str, text: &[u8], cuts: Vec<usize>) -> Vec<u8> {
        let mut out = Vec::new();
        let mut stem = Stem::new(language.parse().unwrap(), false, b'\n');
        let mut input = arbitrary::pieces(text, cuts);
        stem.read(&mut input, &mut out).unwrap();
        out
    }

    /// Line by line, without a table.
    fn naive(language: &str, text: &[u8]) -> Vec<u8> {
        let language: Language = language.parse().unwrap();
        let algorithm = Stemmer::create(language.algorithm);
        let lines = text.split_inclusive(|&byte| byte == b'\n');
        let lines = lines.map(|line| line.strip_suffix(b"\n").unwrap_or(line));
        let stem = |line| match str::from_utf8(line) {
            Ok(word) if word.len() <= LONGEST => algorithm.stem(word).into_owned().into_bytes(),
            _ => line.to_vec(),
        };
        lines
            .flat_map(|line| [&stem(line)[..], b"\n"].concat())
            .collect()
    }

    #[test]
    fn names_are_those_of_the_algorithms() {
        assert!(LANGUAGES.is_sorted_by_key(|(name, _)| name));
        for (name, algorithm) in LANGUAGES {
            let expected = format!("{algorithm:?}").replace("DutchPorter", "Dutch_Porter");
            assert_eq!(name, expected.to_lowercase());
        }
    }

    #[test]
    fn a_wrong_name_suggests_those_near_it() {
        for (name, cause) in [
            (
                "englsh",
                "unknown language 'englsh'; did you mean 'english'?",
            ),
            (
                "English",
                "unknown language 'English'; did you mean 'english'?",
            ),
            (
                "dutc",
                "unknown language 'dutc'; did you mean 'dutch' or 'dutch_porter'?",
            ),
            (
                "klingon",
                "unknown language 'klingon' (stem --list prints the names)",
            ),
            ("", "unknown language '' (stem --list prints the names)"),
        ] {
            assert_eq!(name.parse::<Language>().unwrap_err().to_string(), cause);
        }
    }

    #[test]
    fn words_of_some_languages() {
        for (language, words, expected) in [
            (
                "english",
                "running\nskies\ndying\nskis",
                "run\nsky\ndie\nski\n",
            ),
            ("german", "häuser\nüberraschungen", "haus\nuberrasch\n"),
            (
                "french",
                "continuellement\nmajestueux",
                "continuel\nmajestu\n",
            ),
            ("russian", "красивого\nбежать", "красив\nбежа\n"),
        ] {
            let stems = stems(language, words.as_bytes(), vec![usize::MAX]);
            assert_eq!(String::from_utf8(stems).unwrap(), expected);
        }
    }

    #[test]
    fn lines_that_are_not_words_stay() {
        let long = "ss".repeat(LONGEST / 2) + "s";
        let text = [&b"\n\n\xFFing\nrunning\xC3\n"[..], long.as_bytes(), b"\n\n"].concat();
        assert_eq!(stems("english", &text, vec![1000]), text);
    }

    #[test]
    fn each_language_takes_any_text() {
        // Letters of each script, and those at which some algorithms look.
        let letters =
            "aeiouysnlmgtqYUI'’ -7éüßøåñçığİđłžẞάςОйьяїیكاًـישءհիअाிௗ\u{93C}\u{301}\u{200C}😀";
        let letters: Vec<char> = letters.chars().collect();
        let mut seed = 1u64;
        for language in Language::all() {
            let algorithm = Stemmer::create(language.algorithm);
            for length in (0..40).cycle().take(4000) {
                let letter = |_| {
                    seed = seed.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
                    letters[(seed >> 33) as usize % letters.len()]
                };
                let word: String = (0..length).map(letter).collect();
                let _ = algorithm.stem(&word);
            }
            // It is the content of an empty table, too.
            assert_eq!(algorithm.stem(""), "");
        }
    }

    proptest! {
        #[test]
        fn as_the_algorithm_has_it(
            text in arbitrary::text(),
            words in prop::collection::vec("[a-e]{0,2}(ing|s|ed|ies|ational|)", 0..300),
            language in prop::sample::select(vec!["english", "german", "greek", "turkish"]),
            cuts in arbitrary::cuts(),
        ) {
            let text = [words.join("\n").as_bytes(), &text].concat();
            prop_assert_eq!(stems(language, &text, cuts), naive(language, &text));
        }

        #[test]
        fn with_its_word(text in arbitrary::text(), cuts in arbitrary::cuts()) {
            let mut stem = Stem::new("porter".parse().unwrap(), true, 0);
            let mut out = Vec::new();
            stem.read(&mut arbitrary::pieces(&text, cuts), &mut out).unwrap();
            let words = text.split_inclusive(|&byte| byte == 0);
            let mut expected = Vec::new();
            for word in words.map(|word| word.strip_suffix(b"\0").unwrap_or(word)) {
                let stem = super::stem(&stem.algorithm, word);
                expected.extend_from_slice(&[&stem[..], &b"\t"[..], word, b"\0"].concat());
            }
            prop_assert_eq!(out, expected);
        }
    }
}
