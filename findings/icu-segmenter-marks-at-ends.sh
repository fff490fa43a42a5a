#!/usr/bin/env bash
# icu_segmenter 2.4.0: a word that ends with a combining mark has no type before a blank.
#
# Expected: the type of a segment is that of its letters, since by rule WB4 (Unicode Standard Annex 29) marks belong to
# the character before them. `cafe` with U+0301, and vocalised Arabic, are words wherever they stand. By the same
# rule a variation selector stays with its Han character.
# Seen: at the end of the text and before a full stop the type is Letter; before a blank or a line end it is None, so a
# filter by `is_word_like` loses the word. Behind a Han character there is a boundary before the selector, which is
# a segment of its own.
#
# Needs cargo.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
cat >"$work/Cargo.toml" <<'END'
[package]
name = "marks"
version = "0.1.0"
edition = "2021"
[workspace]
[dependencies]
icu_segmenter = { version = "=2.4.0", default-features = false, features = ["compiled_data"] }
END
cat >"$work/src/main.rs" <<'END'
use icu_segmenter::{options::WordBreakInvariantOptions, WordSegmenter};

fn main() {
    let segmenter = WordSegmenter::new_dictionary(WordBreakInvariantOptions::default());
    for text in ["cafe x", "cafe\u{301}", "cafe\u{301}.", "cafe\u{301} x", "كَتَبَ x", "葛\u{E0100}"] {
        let segments: Vec<_> = segmenter.segment_str(text).iter_with_word_type().skip(1).collect();
        println!("{}: {segments:?}", text.escape_unicode());
    }
}
END
seen=$(cargo run --quiet --manifest-path "$work/Cargo.toml")
echo "$seen"
expected='\u{63}\u{61}\u{66}\u{65}\u{20}\u{78}: [(4, Letter), (5, None), (6, Letter)]
\u{63}\u{61}\u{66}\u{65}\u{301}: [(6, Letter)]
\u{63}\u{61}\u{66}\u{65}\u{301}\u{2e}: [(6, Letter), (7, None)]
\u{63}\u{61}\u{66}\u{65}\u{301}\u{20}\u{78}: [(6, None), (7, None), (8, Letter)]
\u{643}\u{64e}\u{62a}\u{64e}\u{628}\u{64e}\u{20}\u{78}: [(12, None), (13, None), (14, Letter)]
\u{845b}\u{e0100}: [(3, Letter), (7, None)]'
[[ $seen == "$expected" ]] || { echo "this has changed" >&2 && exit 1; }
