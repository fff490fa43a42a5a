#!/usr/bin/env bash
# unicode-segmentation 1.12.0: grapheme clusters read backwards are not those read forwards.
#
# Expected: graphemes(true).rev() gives the clusters of graphemes(true) in reverse order.
# Seen: for KA KA VIRAMA KA VIRAMA the forward iterator gives 2 clusters, of 1 and 4 characters, as
# rule GB9c of UAX #29 has it. The backward one gives 1, of 5: there is no linker between
# the first two letters. Version 1.13.2 gives 2 in both directions.
#
# Needs a Rust toolchain.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
cat >"$work/src/main.rs" <<'RUST'
use unicode_segmentation::UnicodeSegmentation;

fn main() {
    let text = "\u{915}\u{915}\u{94d}\u{915}\u{94d}";
    let length = |cluster: &str| cluster.chars().count();
    let forwards: Vec<_> = text.graphemes(true).map(length).collect();
    let mut backwards: Vec<_> = text.graphemes(true).rev().map(length).collect();
    backwards.reverse();
    println!("{forwards:?} {backwards:?}");
}
RUST
clusters() {
    cat >"$work/Cargo.toml" <<TOML
[package]
name = "finding"
version = "0.1.0"
edition = "2021"
[dependencies]
unicode-segmentation = "=$1"
TOML
    cargo run --quiet --manifest-path "$work/Cargo.toml"
}

old=$(clusters 1.12.0) new=$(clusters 1.13.2)
echo "1.12.0: $old; 1.13.2: $new"
[[ $old == "[1, 4] [5]" && $new == "[1, 4] [1, 4]" ]] || { echo "this has changed" >&2 && exit 1; }
