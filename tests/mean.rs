//! `mean` as a process, held against Python: exact fractions, and the talk's own way.

use crate::process::{Ran, argument, classic, file, filter, installed, mixed_text, program, run};

fn python_is_installed() -> bool {
    installed("python3", "Python 3")
}

/// The talk's lazy average: its words are what stands between blanks.
const TALK: &str = r#"python3 -c '
import itertools, sys
words_on_lines = (line.split() for line in sys.stdin)
words = itertools.chain.from_iterable(words_on_lines)
lengths = (len(word) for word in words)
(a, b) = itertools.tee(lengths)
count = sum(1 for _ in a)
summed = sum(b)
print(summed / count)'"#;

#[test]
fn the_talks_average() {
    if !python_is_installed() {
        return;
    }
    // To Python some control characters are blanks; \S takes those of Unicode for one.
    let text = String::from_utf8_lossy(&mixed_text(1 << 20)).replace('\0', "");
    let own = classic(r"words -e '\S+' | lengths | mean", text.as_bytes());
    let talk = classic(&format!("PYTHONUTF8=1 {TALK}"), text.as_bytes());
    assert_eq!(String::from_utf8(own), String::from_utf8(talk));
}

#[test]
fn as_fractions_have_it() {
    if !python_is_installed() {
        return;
    }
    let exact = r#"python3 -c '
import sys
from fractions import Fraction
numbers = [Fraction(line) for line in sys.stdin]
print(float(sum(numbers) / len(numbers)))'"#;
    // Whole numbers of all sizes, and decimals in which naive sums lose digits.
    let whole: String = (0..9_999i64)
        .map(|i| format!("{}\n", i.wrapping_mul(0x5DEE_CE66_D001) >> (i % 50)))
        .collect();
    let tenths: String = (0..9_999)
        .map(|i| format!("{}.{}\n", i % 7, i % 10))
        .collect();
    for numbers in [whole, tenths] {
        let own: f64 = number(&filter("mean", &[], numbers.as_bytes()));
        let exact: f64 = number(&classic(exact, numbers.as_bytes()));
        assert!(
            (own - exact).abs() <= f64::EPSILON * exact.abs(),
            "{own} {exact}"
        );
    }
}

/// Everything but the numbers' own rounding to doubles is exact in Python, too.
#[test]
fn all_as_fractions_have_it() {
    if !python_is_installed() {
        return;
    }
    let exact = r#"python3 -c '
import sys
from fractions import Fraction
from math import isqrt
read = lambda line: Fraction(int(line)) if line.strip("-").isdigit() else Fraction(float(line))
numbers = [read(line.strip()) for line in sys.stdin]
n, mean = len(numbers), sum(numbers) / len(numbers)
variance = sum((number - mean) ** 2 for number in numbers) / (n - 1)
scale = 1 << 1200
deviation = Fraction(isqrt(int(variance * scale * scale)), scale)
print(float(mean), float(deviation))'"#;
    // Marsaglia's xorshift.
    let mut seed = 1u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let sizes = |exponents: &[i32], next: &mut dyn FnMut() -> u64| -> String {
        let number = |i: usize| {
            let bits = next();
            let size = exponents[i % exponents.len()];
            format!(
                "{}{}e{size}\n",
                ["", "-"][(bits & 1) as usize],
                bits % 99_991
            )
        };
        (0..300).map(number).collect()
    };
    let times: String = (0..300)
        .map(|_| format!("{}\n", 1_763_864_400_000_000_000 + next() % 1000))
        .collect();
    let both: String = (0..300)
        .map(|i| match i % 3 {
            0 => format!("{}{:015}\n", next(), next() % 1_000_000_000_000_000),
            1 => format!("-{}000000000000000.5\n", next()),
            _ => format!("{}.25\n", next() % 100),
        })
        .collect();
    let texts = [
        times,
        both,
        sizes(&[-3], &mut next),
        sizes(&[300], &mut next),
        sizes(&[-310, -300], &mut next),
        sizes(&[200, -200, 0], &mut next),
    ];
    for numbers in texts {
        let own = String::from_utf8(filter("mean", &["--all"], numbers.as_bytes())).unwrap();
        let told = |name: &str| {
            own.lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap()
        };
        let own = [told("mean "), told("sd ")].map(|text| text.parse::<f64>().unwrap());
        let exact = String::from_utf8(classic(exact, numbers.as_bytes())).unwrap();
        let exact: Vec<f64> = exact
            .split_whitespace()
            .map(|text| text.parse().unwrap())
            .collect();
        assert_eq!(own[..], exact[..]);
    }
}

fn number(text: &[u8]) -> f64 {
    std::str::from_utf8(text).unwrap().trim().parse().unwrap()
}

#[test]
fn one_mean_of_several_files() {
    let (one, two) = (file(b"1\n2"), file(b"6\n"));
    let names = [argument(one.path()), argument(two.path()), "-"];
    assert_eq!(filter("mean", &names, b"-1\n"), b"2\n");
    let all = filter("mean", &[&["--all"][..], &names].concat(), b"-1\n");
    let all = String::from_utf8(all).unwrap();
    let sd = "2.943920288775949";
    assert_eq!(all, format!("n 4\nsum 8\nmin -1\nmax 6\nmean 2\nsd {sd}\n"));
}

#[test]
fn nul_ends_numbers_on_request() {
    assert_eq!(filter("mean", &["-z"], b"1\n\x003\0"), b"2\n");
}

#[test]
fn what_is_no_number_is_named_and_nothing_printed() {
    let bad = file(b"1\ntwo\n");
    let Ran {
        status,
        stdout,
        stderr,
    } = run(program("mean").arg(bad.path()), b"");
    let message = format!("mean: {}: line 2: not a number\n", argument(bad.path()));
    assert_eq!((status, &stdout[..], stderr), (1, &b""[..], message));
}
