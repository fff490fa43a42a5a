//! What `words --natural` is measured against, and compared with: a loop around a crate.
//!
//!     words-loop icu|unicode-segmentation|jieba FILE
//!
//! Prints the words that have a letter or a digit, one a line, as `words --natural` writes them.

use icu_segmenter::WordSegmenter;
use icu_segmenter::options::WordBreakInvariantOptions;
use regex::Regex;
use std::io::{self, BufWriter, Write};
use std::sync::LazyLock;
use unicode_segmentation::UnicodeSegmentation;

fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let (how, path) = args.next().zip(args.next()).expect("words-loop HOW FILE");
    let text = std::fs::read_to_string(path)?;
    let mut out = BufWriter::with_capacity(1 << 17, io::stdout().lock());
    match how.as_str() {
        "icu" => {
            let segmenter = WordSegmenter::new_dictionary(WordBreakInvariantOptions::default());
            let mut start = 0;
            for end in segmenter.segment_str(&text) {
                if is_word(&text[start..end]) {
                    write_word(&mut out, &text[start..end])?;
                }
                start = end;
            }
        }
        "unicode-segmentation" => {
            for word in text.split_word_bounds().filter(|word| is_word(word)) {
                write_word(&mut out, word)?;
            }
        }
        "jieba" => {
            let jieba = jieba_rs::Jieba::new();
            for line in text.lines() {
                for token in jieba.cut(line, false) {
                    let word = token.word;
                    if is_word(word) {
                        write_word(&mut out, word)?;
                    }
                }
            }
        }
        _ => panic!("unknown: {how}"),
    }
    out.flush()
}

/// Whether it has a letter or a digit. The types of icu_segmenter 2.4 do not help: a word that ends
/// with a mark has none before a blank.
fn is_word(segment: &str) -> bool {
    static LETTER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[\p{Alphabetic}\d--\p{M}]").expect("a pattern"));
    let first = segment.chars().next().unwrap_or_default();
    match first.is_ascii() {
        true => segment.contains(|c: char| c.is_ascii_alphanumeric()) || !segment.is_ascii() && LETTER.is_match(segment),
        false => first.is_alphabetic() && segment.len() > 12 || LETTER.is_match(segment),
    }
}

/// A typographic apostrophe becomes `'`, and a soft hyphen is left out.
fn write_word(out: &mut impl Write, word: &str) -> io::Result<()> {
    if word.is_ascii() {
        out.write_all(word.as_bytes())?;
    } else {
        for (i, part) in word.split('\u{2019}').enumerate() {
            if i > 0 {
                out.write_all(b"'")?;
            }
            for part in part.split('\u{AD}') {
                out.write_all(part.as_bytes())?;
            }
        }
    }
    out.write_all(b"\n")
}
