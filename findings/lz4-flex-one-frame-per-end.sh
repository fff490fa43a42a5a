#!/usr/bin/env bash
# lz4_flex 0.14.2: each frame ends the input of FrameDecoder once.
#
# Expected: the text of a file of two frames, as `cat a.lz4 b.lz4` makes it, is read to its end, as the program lz4
# does; the frame format allows frames to be joined.
# Seen: read_to_end returns the text of the first frame, and no error. The next read goes on with the second frame. So
# a copy of the text (io::copy) is short, and a reader that ends at the first 0 is right by std's rules.
#
# Needs cargo.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
cat >"$work/Cargo.toml" <<'END'
[package]
name = "frames"
version = "0.1.0"
edition = "2021"
[workspace]
[dependencies]
lz4_flex = "=0.14.2"
END
cat >"$work/src/main.rs" <<'END'
use lz4_flex::frame::{FrameDecoder, FrameEncoder};
use std::io::{Read, Write};

fn frame(text: &str) -> Vec<u8> {
    let mut frame = FrameEncoder::new(Vec::new());
    frame.write_all(text.as_bytes()).unwrap();
    frame.finish().unwrap()
}

fn main() {
    let joined = [frame("monday "), frame("tuesday ")].concat();
    let mut reader = FrameDecoder::new(&joined[..]);
    for turn in 1..=3 {
        let mut text = String::new();
        let read = reader.read_to_string(&mut text);
        println!("{turn}: {text:?}, {}", if read.is_ok() { "no error" } else { "an error" });
    }
}
END
seen=$(cargo run --quiet --manifest-path "$work/Cargo.toml")
echo "$seen"
expected='1: "monday ", no error
2: "tuesday ", no error
3: "", no error'
[[ $seen == "$expected" ]] || { echo "this has changed" >&2 && exit 1; }
