//! `mean` as a process, compared with Python: exact fractions, and the talk's own way.

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

/// Case 5: the mean lay below the smallest number.
#[test]
fn the_mean_of_large_whole_numbers_has_all_its_digits() {
    let times = b"1763864400000000001\n1763864400000000101\n1763864400000000201\n";
    let all = String::from_utf8(filter("mean", &["--all"], times)).unwrap();
    assert_eq!(
        all,
        "n 3\nsum 5291593200000000303\nmin 1763864400000000001\nmax 1763864400000000201\n\
         mean 1763864400000000101\nsd 100\n"
    );
}

#[test]
fn lengths_that_were_counted_have_the_same_mean() {
    let words = filter("words", &[], &mixed_text(1 << 18));
    let lengths = filter("lengths", &[], &words);
    for options in [
        &[][..],
        &["--all"],
        &["--median"],
        &[
            "--all",
            "--median",
            "--percentile",
            "0",
            "--percentile=99.9",
        ],
        &["--partial"],
    ] {
        let expected = filter("mean", options, &lengths);
        for counted in ["count", "count -t", "count --unsorted", "sort | uniq -c"] {
            let counts = classic(counted, &lengths);
            let own = filter("mean", &[options, &["--counts"]].concat(), &counts);
            assert!(own == expected, "{options:?} {counted}");
        }
        let counts = filter("count", &["-z"], &lengths.replace_ends());
        let own = filter("mean", &[options, &["--counts", "-z"]].concat(), &counts);
        assert!(own == expected, "{options:?} -z");
    }
}

/// Lines that end with NUL.
trait ReplaceEnds {
    fn replace_ends(&self) -> Vec<u8>;
}

impl ReplaceEnds for Vec<u8> {
    fn replace_ends(&self) -> Vec<u8> {
        let ended = |&byte| if byte == b'\n' { 0 } else { byte };
        self.iter().map(ended).collect()
    }
}

/// The definition is that of Python's statistics, too, which can compute in fractions.
#[test]
fn percentiles_as_python_has_them() {
    if !python_is_installed() {
        return;
    }
    let exact = r#"python3 -c '
import sys
from fractions import Fraction
from statistics import median, quantiles
numbers = [Fraction(line) for line in sys.stdin]
cuts = quantiles(numbers, n=1000, method="inclusive")
for answer in [median(numbers), min(numbers), cuts[4], cuts[249], cuts[899], cuts[998], max(numbers)]:
    print(float(answer))'"#;
    let mut text = String::new();
    for i in 0..9_999u64 {
        let hash = i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (i % 50);
        // Halves and quarters are doubles.
        let quarter = [0, 25, 5, 75][(hash % 4) as usize];
        text += &format!(
            "{}{}.{quarter}\n",
            ["", "-"][(hash >> 2 & 1) as usize],
            hash % 99_999
        );
    }
    for numbers in [
        text.clone(),
        text.lines()
            .take(10)
            .map(|line| format!("{line}\n"))
            .collect(),
    ] {
        let mut options = vec!["--median"];
        for percentile in ["0", "0.5", "25", "90", "99.9", "100"] {
            options.extend(["--percentile", percentile]);
        }
        let parsed = |text: Vec<u8>| -> Vec<f64> {
            let text = String::from_utf8(text).unwrap();
            text.lines().map(|line| line.parse().unwrap()).collect()
        };
        let expected = parsed(classic(exact, numbers.as_bytes()));
        assert_eq!(
            parsed(filter("mean", &options, numbers.as_bytes())),
            expected
        );
    }
}

/// Half a million distinct numbers in a megabyte.
#[test]
fn percentiles_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let numbers: String = (0..500_000u64)
        .map(|i| format!("{}\n", (1 << 60) + i.wrapping_mul(7) % 500_000))
        .collect();
    let options = [
        "-S",
        "1M",
        "-T",
        argument(folder.path()),
        "--median",
        "--percentile",
        "100",
    ];
    let expected = format!("{}.5\n{}\n", (1u64 << 60) + 249_999, (1u64 << 60) + 499_999);
    let answer = String::from_utf8(filter("mean", &options, numbers.as_bytes())).unwrap();
    assert_eq!(answer, expected);
    // They do go to the folder.
    let options = ["-S", "1M", "-T", "/no/such/folder", "--median"];
    let ran = run(program("mean").args(options), numbers.as_bytes());
    assert_eq!((ran.status, ran.stdout.len()), (1, 0));
    assert!(
        ran.stderr
            .ends_with("/no/such/folder: No such file or directory\n"),
        "{}",
        ran.stderr
    );
    // And without percentiles there is none.
    filter(
        "mean",
        &["-S", "1M", "-T", "/no/such/folder", "--all"],
        numbers.as_bytes(),
    );
}

#[test]
fn partial_results_add_up() {
    let lengths = filter("lengths", &[], &filter("words", &[], &mixed_text(1 << 16)));
    let half = lengths.len() / 2;
    let end = half
        + lengths[half..]
            .iter()
            .position(|&byte| byte == b'\n')
            .unwrap()
        + 1;
    let part = |numbers: &[u8]| filter("mean", &["--partial"], numbers);
    let parts = [part(&lengths[..end]), part(b""), part(&lengths[end..])];
    for options in [&[][..], &["--all"], &["--partial"]] {
        let merged = filter("mean", &[options, &["--merge"]].concat(), &parts.concat());
        assert_eq!(merged, filter("mean", options, &lengths));
    }
    let line = String::from_utf8(parts[0].clone()).unwrap();
    for (damaged, cause) in [
        (
            line.replacen("n=", "n=1", 1),
            "a damaged partial result: its checksum does not match",
        ),
        (
            line[..40].to_string(),
            "a damaged partial result: its checksum does not match",
        ),
        (
            "7\n".to_string(),
            "not a partial result, as mean --partial writes it",
        ),
    ] {
        let bad = file(format!("{line}{damaged}").as_bytes());
        let ran = run(program("mean").args(["--merge", argument(bad.path())]), b"");
        let message = format!("mean: {}: line 2: {cause}: '", argument(bad.path()));
        assert_eq!((ran.status, &ran.stdout[..]), (1, &b""[..]));
        assert!(ran.stderr.starts_with(&message), "{}", ran.stderr);
    }
}

/// The checksum is what other programs compute.
#[test]
fn the_checksum_of_a_partial_result_is_that_of_xxhsum() {
    let line = String::from_utf8(filter("mean", &["--partial"], b"1\n2\n")).unwrap();
    let body = "mean-partial 1 n=2 sum=0x3p+0 squares=0x5p+0 min=1 max=2 decimals=0 large=0";
    // printf %s BODY | xxhsum -H128
    assert_eq!(
        line,
        format!("{body} xxh3=f73da643afed996b654754b37848953f\n")
    );
}

#[test]
fn options_that_contradict_one_another_are_wrong_usage() {
    for options in [
        &["--merge", "--counts"][..],
        &["--merge", "--median"],
        &["--merge", "--percentile", "9"],
        &["--partial", "--all"],
        &["--partial", "--median"],
        &["--percentile", "101"],
        &["--percentile", "-1"],
        &["--percentile", "x"],
        &["--median", "-S", "1X"],
    ] {
        let ran = run(program("mean").args(options), b"1\n");
        assert_eq!((ran.status, ran.stdout.len()), (2, 0), "{options:?}");
        assert_eq!(ran.stderr.matches('\n').count(), 1, "{}", ran.stderr);
    }
    let ran = run(program("mean").args(["--percentile", "101"]), b"1\n");
    let cause = "use a number from 0 to 100 with at most 9 decimal places";
    assert!(ran.stderr.contains(cause), "{}", ran.stderr);
}

#[test]
fn nul_ends_numbers_on_request() {
    assert_eq!(filter("mean", &["-z"], b"1\n\x003\0"), b"2\n");
}

/// Case 9: the help of -z about the output is true in every program that has it.
#[test]
fn nul_works_as_help_describes_it() {
    let both = "End lines with NUL, not with a newline";
    let input = "Input lines end with NUL, not with a newline";
    for (name, said, numbers, out) in [
        ("count", both, &b"1\0"[..], &b"1 1\0"[..]),
        ("topn", both, b"1 7\0", b"1 7\0"),
        ("mean", input, b"7\0", b"7\n"),
        ("lengths", input, b"77\0", b"2\n"),
    ] {
        let help = String::from_utf8(filter(name, &["--help"], b"")).unwrap();
        assert!(help.contains(said), "{name}: {help}");
        assert_eq!(
            help.contains("In the input and in the output."),
            said == both,
            "{name}"
        );
        assert_eq!(
            help.contains("The lines of the output end with a newline."),
            said == input,
            "{name}"
        );
        assert_eq!(filter(name, &["-z"], numbers), out, "{name}");
    }
}

#[test]
fn an_invalid_number_is_reported_and_nothing_printed() {
    let bad = file(b"1\ntwo\n");
    let Ran {
        status,
        stdout,
        stderr,
    } = run(program("mean").arg(bad.path()), b"");
    let message = format!(
        "mean: {}: line 2: not a number: 'two'\n",
        argument(bad.path())
    );
    assert_eq!((status, &stdout[..], stderr), (1, &b""[..], message));
}

#[test]
fn lines_that_end_in_crlf() {
    let counts = filter("mean", &["--counts", "--crlf"], b"1 2\r\n3 6\r\n");
    assert_eq!(counts, b"5\n");
}
