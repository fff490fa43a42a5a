//! Texts that are hard on filters, for the property tests.

use crate::common::stream::{self, Filter};
use proptest::collection::vec;
use proptest::prelude::*;
use std::io::{self, Read};

/// Pieces in which scripts, cases and encodings meet.
const PIECES: &[&[u8]] = &[
    b" ",
    b" ",
    b"\n",
    b"\0",
    b".",
    b"'",
    b"-",
    b"_",
    b"7",
    b"a",
    b"B",
    b"The",
    b"web ",
    b"WordPress",
    "é".as_bytes(),
    "É".as_bytes(),
    "ß".as_bytes(),
    "ẞ".as_bytes(),
    "Σ".as_bytes(),
    "ΑΣ".as_bytes(),
    "σς".as_bytes(),
    "ὈΔΥΣΣΕΎΣ".as_bytes(),
    "İ".as_bytes(),
    "ı".as_bytes(),
    "ǅ".as_bytes(),
    "Ǆ".as_bytes(),
    "Привет".as_bytes(),
    "ЖЁ".as_bytes(),
    "日本語".as_bytes(),
    "ｶﾀ".as_bytes(),
    "Ⓐ".as_bytes(),
    "٣".as_bytes(),
    "𝒜".as_bytes(),
    "𐐀𐐨".as_bytes(),
    "😀".as_bytes(),
    "\u{301}".as_bytes(),
    "\u{345}".as_bytes(),
    "\u{AD}".as_bytes(),
    "\u{200D}".as_bytes(),
    "\u{2019}".as_bytes(),
    "ﬃ".as_bytes(),
    "Å".as_bytes(),
    "K".as_bytes(),
    "한".as_bytes(),
    "\u{1112}\u{1161}\u{11AB}".as_bytes(),
    "ᾳ".as_bytes(),
    "ᾼ".as_bytes(),
    "ΐ".as_bytes(),
    b"\x80",
    b"\xC3",
    b"\xE2\x82",
    b"\xF0\x9F\x98",
    b"\xED\xA0\x80",
    b"\xC0\xAF",
    b"\xFF",
    b"\xF4\x90\x80\x80",
];

/// Texts of such pieces, with long runs, around the sizes of chunks and batches.
pub fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        20 => prop::sample::select(PIECES).prop_map(<[u8]>::to_vec),
        2 => any::<char>().prop_map(|c| c.to_string().into_bytes()),
        1 => any::<u8>().prop_map(|b| vec![b]),
        1 => (prop::sample::select(PIECES), 1..200usize).prop_map(|(piece, n)| piece.repeat(n)),
    ];
    vec(piece, 0..150).prop_map(|pieces| pieces.concat())
}

/// How many bytes each read brings, over and over.
pub fn cuts() -> impl Strategy<Value = Vec<usize>> {
    vec(
        prop_oneof![1..4usize, 1..100usize, 60..70usize, Just(usize::MAX)],
        1..10,
    )
}

/// A reader that gives a text in pieces of these sizes.
pub fn pieces(text: &[u8], cuts: Vec<usize>) -> impl Read {
    struct Pieces<'a>(&'a [u8], std::iter::Cycle<std::vec::IntoIter<usize>>);
    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let size = self.1.next().unwrap_or(usize::MAX).min(buffer.len());
            self.0.read(&mut buffer[..size])
        }
    }
    Pieces(text, cuts.into_iter().cycle())
}

/// A text in blocks of these sizes.
pub fn blocks<'a>(mut text: &'a [u8], cuts: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut cuts = cuts.iter().cycle();
    std::iter::from_fn(move || {
        let size = cuts.next().map_or(text.len(), |cut| text.len().min(*cut));
        let (block, rest) = text.split_at(size);
        text = rest;
        (!block.is_empty()).then_some(block)
    })
}

/// The output of a filter for a text that is read in pieces of these sizes.
pub fn filtered(mut filter: impl Filter, text: &[u8], cuts: Vec<usize>) -> Vec<u8> {
    let mut out = Vec::new();
    stream::filter(&mut pieces(text, cuts), &mut filter, &mut out).unwrap();
    out
}
