#!/usr/bin/env bash
# Rust's standard library (1.95) and the crate ryu (1.0.20): one double, two shortest decimals.
#
# Expected: both print the shortest decimal that is read as the same double, and of several the nearest one. Where two are
# equally near, both take the even digit, as Python's repr does.
# Seen: for 10732756947653.8125, the sum of a column, the standard library prints ...653.813, and ryu (like Python) ...653.812.
# Both are read as the same double, so the sums of two programs have to be compared as numbers.
#
# Needs cargo and python3.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cargo init --quiet --name doubles . 2>/dev/null
cargo add --quiet ryu@=1.0.20 2>/dev/null
cat >src/main.rs <<'END'
fn main() {
    let number = std::env::args().nth(1).unwrap().parse::<f64>().unwrap();
    println!("std {number} ryu {}", ryu::Buffer::new().format(number));
}
END
cargo build --quiet

number=10732756947653.8125
seen="$(target/debug/doubles "$number") python $(python3 -c 'import sys; print(float(sys.argv[1]))' "$number")"
echo "$seen"
[[ $seen == "std 10732756947653.813 ryu 10732756947653.812 python 10732756947653.812" ]] ||
    { echo "this has changed" >&2 && exit 1; }
