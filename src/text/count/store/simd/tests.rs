use super::*;
use crate::text::count::ingest::batch::{Hashes, LANES, PIECE, POSITIONS};
use crate::text::count::store::hash::Seed;
use crate::text::count::store::key::{Inline, Key, Middle, SHORT, STRIDE, Short};
use crate::text::scan::CHUNK;
use proptest::prelude::*;

/// The instructions that the machine has.
fn simd() -> Option<Simd> {
    let simd = Simd::new();
    if simd.is_none() {
        eprintln!("not tested: this machine lacks AVX2, AES or BMI");
    }
    simd
}

fn wide() -> Option<Wide> {
    let wide = Wide::new();
    if wide.is_none() {
        eprintln!("not tested: this machine lacks AVX-512, VBMI2 or VAES");
    }
    wide
}

fn words(key: Short) -> [u64; 2] {
    [key.word(0), key.word(1)]
}

proptest! {
    #[test]
    fn a_key_is_that_of_the_portable_code(bytes: [u8; STRIDE], length in 0..=SHORT) {
        if let Some(simd) = simd() {
            prop_assert_eq!(simd.short(&bytes, length), words(Short::new(&bytes, length)));
        }
    }

    #[test]
    fn positions_are_those_of_the_bits(
        masks in prop::collection::vec(
            prop_oneof![any::<u64>(), Just(0), Just(u64::MAX), (0..64u32).prop_map(|i| 1 << i)],
            0..=PIECE / CHUNK,
        ),
    ) {
        if let Some(wide) = wide() {
            let mut found = [0; POSITIONS];
            let n = wide.positions(&masks, &mut found);
            let bits = masks.iter().enumerate();
            let bits = bits.flat_map(|(i, mask)| {
                (0..CHUNK).filter(move |bit| mask >> bit & 1 == 1).map(move |bit| i * CHUNK + bit)
            });
            let expected: Vec<_> = bits.map(|bit| bit as u16).collect();
            prop_assert_eq!(&found[..n], &expected);
            let last = expected.last().copied().unwrap_or(0);
            for i in 0..LANES {
                prop_assert_eq!(found[n + i], last + i as u16 + 1);
            }
        }
    }

    #[test]
    fn keys_of_a_group_are_those_of_its_lines(
        text: [u8; 300],
        first in 0..50u16,
        lengths in prop::array::uniform8(prop_oneof![9 => 0..=15u16, 1 => 16..40u16]),
        end in 0..60usize,
    ) {
        if let Some(wide) = wide() {
            let mut ends = [first; LANES + 1];
            for i in 0..LANES {
                ends[i + 1] = ends[i] + 1 + lengths[i];
            }
            let seed = Seed::random();
            let last = usize::from(ends[LANES]);
            let text = &text[..text.len().min(last + end)];
            let mut keys = [Short::default(); LANES];
            let hashes = wide.short_keys(seed.words(), text, &ends, &mut keys);
            let fits = last + 16 <= text.len();
            prop_assert_eq!(hashes.is_some(), fits && lengths.iter().all(|&length| length <= 15));
            for (i, hash) in hashes.iter().flat_map(|Hashes(hashes)| hashes.iter().enumerate()) {
                let line = &text[usize::from(ends[i]) + 1..usize::from(ends[i + 1])];
                let mut bytes = [7; STRIDE];
                bytes[..line.len()].copy_from_slice(line);
                let key = Short::new(&bytes, line.len());
                prop_assert_eq!(keys[i], key);
                prop_assert_eq!(*hash, key.hash(seed));
            }
        }
    }

    #[test]
    fn equal_keys_are_found(words in prop::array::uniform6(0..2u64), a in 0..2u64, b in 0..2u64, c in 0..2u64) {
        if let Some(simd) = simd() {
            let shorts = (0..3).filter(|&i| [words[i], words[3 + i]] == [a, b]);
            let expected = shorts.map(|i| 1 << i).sum::<u32>();
            prop_assert_eq!(simd.find(&words, &Short::from_words(|i| [a, b][i])), expected);
            let middles = (0..2).filter(|&i| [words[i], words[2 + i], words[4 + i]] == [a, b, c]);
            let expected = middles.map(|i| 1 << i).sum::<u32>();
            prop_assert_eq!(simd.find(&words, &Middle::from_words(|i| [a, b, c][i])), expected);
        }
    }
}
