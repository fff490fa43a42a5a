//! The results, compared with exact rational numbers.

use super::number::tests::number as any_number;
use super::*;
use crate::common::memory::Size;
use crate::text::count::Sizes;
use num_bigint::BigInt;
use proptest::prelude::*;

/// The output for an input, with as little memory as possible for percentiles.
fn result(format: Format, output: Output, text: &str) -> Result<String, Error> {
    let limits = Limits {
        memory: Some(Size::Bytes(0)),
        sizes: Sizes::SMALL,
        ..Limits::default()
    };
    let mut mean = Mean::new(format, output, limits);
    mean.read(&mut text.as_bytes(), b'\n')?;
    let mut out = Vec::new();
    mean.write(&mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

fn output(all: bool, text: &str) -> Result<String, Error> {
    let wanted = match all {
        true => Output::All(Vec::new()),
        false => Output::Mean,
    };
    result(Format::Numbers, wanted, text)
}

fn error(text: &str) -> String {
    output(false, text).unwrap_err().to_string()
}

#[test]
fn whole_numbers_are_exact() {
    assert_eq!(output(false, "1\n2\n").unwrap(), "1.5\n");
    assert_eq!(output(false, "-7").unwrap(), "-7\n");
    let max = i64::MAX;
    assert_eq!(
        output(
            false,
            &format!("{max}\n{max}\n{max}\n-{max}\n-{max}\n-{max}\n1")
        )
        .unwrap(),
        format!("{}\n", 1.0 / 7.0)
    );
    // In doubles the ones would vanish beside the large number.
    let ones = "1\n".repeat(9);
    assert_eq!(
        output(true, &format!("{}\n{ones}{}\n", 1u64 << 60, -(1i64 << 60)))
            .unwrap()
            .lines()
            .nth(1),
        Some("sum 9")
    );
}

#[test]
fn fractions_lose_nothing() {
    assert_eq!(output(false, &"0.1\n".repeat(10)).unwrap(), "0.1\n");
    assert_eq!(output(false, "1e100\n1.0\n-1e100\n1.0").unwrap(), "0.5\n");
    assert_eq!(output(false, " 1.5 \n\t2\n").unwrap(), "1.75\n");
    // A sum that no double holds has a mean all the same.
    assert_eq!(
        output(false, "1.5e308\n1.5e308").unwrap(),
        format!("{}\n", 1.5e308)
    );
    let sum = output(true, "1e308\n1e308").unwrap_err().to_string();
    assert_eq!(sum, "the sum or the deviation is too large");
    assert_eq!(
        output(true, "1.7e308\n-1.7e308").unwrap_err().to_string(),
        sum
    );
    assert_eq!(output(false, "-5e-324\n0\n-0.0").unwrap(), "0\n");
}

#[test]
fn whole_numbers_and_fractions_meet_exactly() {
    assert_eq!(
        output(false, "100000000000000000001\n-1e20").unwrap(),
        "0.5\n"
    );
    assert_eq!(
        output(false, "-1e20\n100000000000000000001\n").unwrap(),
        "0.5\n"
    );
    assert_eq!(
        output(true, "9007199254740993\n9007199254740992.0\n").unwrap(),
        "n 2\nsum 18014398509481984\nmin 9007199254740992\nmax 9007199254740993\n\
         mean 9007199254740992.5\nsd 0.7071067811865476\n"
    );
}

#[test]
fn deviations_far_from_zero_and_of_any_size() {
    let sd = |numbers: &[&str]| {
        let all = output(true, &numbers.join("\n")).unwrap();
        all.lines().last().unwrap().to_string()
    };
    let times = [
        "1763864400000000001",
        "1763864400000000101",
        "1763864400000000201",
    ];
    assert_eq!(sd(&times), "sd 100");
    let large = [
        "1000000000000000001",
        "1000000000000000002",
        "1000000000000000003",
    ];
    assert_eq!(sd(&large), "sd 1");
    assert_eq!(sd(&["5", "5", "5"]), "sd 0");
    assert_eq!(
        sd(&["1e200", "-1e200"]),
        format!("sd {}", 2f64.sqrt() * 1e200)
    );
    assert_eq!(
        sd(&["1e308", "-1e308"]),
        format!("sd {}", 2f64.sqrt() * 1e308)
    );
    assert_eq!(
        sd(&["5e-324", "-5e-324"]),
        format!("sd {}", f64::from_bits(1))
    );
    let max = i128::MAX.to_string();
    let sum = format!("sd {}", 2f64.powi(127) * 2f64.sqrt());
    assert_eq!(sd(&[&max, &format!("-{max}")]), sum);
}

#[test]
fn no_number_is_that_long() {
    let zeros = |n: usize| "0".repeat(n);
    let long = format!("{}\n{}7\n", zeros(LONGEST_NUMBER), zeros(LONGEST_NUMBER));
    let shown = |first: &str| format!("too long for a number: '{}…'", first.repeat(60));
    assert_eq!(error(&long), format!("line 2: {}", shown("0")));
    assert_eq!(
        error(&" ".repeat(9 << 20)),
        format!("line 1: {}", shown(" "))
    );
    // It is not read to its end.
    let mut endless = b"1\n".chain(std::io::repeat(b'1'));
    let mut mean = Mean::new(Format::Numbers, Output::Mean, Limits::default());
    let ended = mean.read(&mut endless, b'\n').unwrap_err();
    assert_eq!(ended.to_string(), format!("line 2: {}", shown("1")));
    // All the digits of the smallest double, and more.
    let smallest = format!("{:.1200}\n", f64::from_bits(1));
    assert_eq!(
        output(false, &smallest).unwrap(),
        format!("{}\n", f64::from_bits(1))
    );
}

#[test]
fn all_there_is_to_tell() {
    let all = output(true, "2\n4\n4\n4\n5\n5\n7\n9\n").unwrap();
    let sd = (32.0f64 / 7.0).sqrt();
    assert_eq!(all, format!("n 8\nsum 40\nmin 2\nmax 9\nmean 5\nsd {sd}\n"));
    assert_eq!(
        output(true, "3\n").unwrap(),
        "n 1\nsum 3\nmin 3\nmax 3\nmean 3\nsd -\n"
    );
}

#[test]
fn what_is_no_number() {
    assert_eq!(error(""), "no numbers, so no mean");
    for bad in [
        "", "x", "inf", "nan", "NaN", "0x10", "1 2", "--1", "1e", "+", ".", "1_000", "1,5",
    ] {
        assert_eq!(
            error(&format!("1\n{bad}\n")),
            format!("line 2: not a number: '{bad}'")
        );
    }
    for large in ["1e999", "999999999999999999999999999999999999999999"] {
        let message = format!("line 1: the number is too large: '{large}'");
        assert_eq!(error(large), message);
    }
}

proptest! {
    #[test]
    fn the_nearest_double(numbers in prop::collection::vec(any::<i64>(), 1..50)) {
        let text: String = numbers.iter().map(|n| format!("{n}\n")).collect();
        let mean: f64 = output(false, &text).unwrap().trim().parse().unwrap();
        // No other double is nearer: sum = n * mean + error, all in whole numbers.
        let sum: i128 = numbers.iter().map(|&n| i128::from(n)).sum();
        let n = numbers.len() as i128;
        let distance = |mean: f64| {
            let scaled = (mean * 1024.0) as i128;
            (sum * 1024 - n * scaled).abs()
        };
        prop_assert!(distance(mean) <= distance(mean.next_up()).min(distance(mean.next_down())));
    }

    #[test]
    fn the_deviation_in_whole_numbers(
        start in -1i128 << 120..1i128 << 120,
        distances in prop::collection::vec(-1i64 << 40..1i64 << 40, 2..50),
        bits in 0..40,
        scale in -900..900i32,
    ) {
        let distances: Vec<i128> = distances.iter().map(|d| i128::from(d >> bits)).collect();
        let n = distances.len() as i128;
        let sum: i128 = distances.iter().sum();
        let squares: i128 = distances.iter().map(|d| d * d).sum();
        let exact = ((n * squares - sum * sum) as f64 / (n * (n - 1)) as f64).sqrt();
        let sd = |text: String| {
            let all = output(true, &text).unwrap();
            all.lines().last().unwrap()[3..].parse::<f64>().unwrap()
        };
        // Far from zero, where a square takes 240 bits.
        let whole = sd(distances.iter().map(|d| format!("{}\n", start + d)).collect());
        prop_assert!((whole - exact).abs() <= 1e-15 * exact, "{whole} {exact}");
        // And the same as doubles of any size.
        let scale = 2f64.powi(scale);
        let others = sd(distances.iter().map(|&d| format!("{:e}\n", d as f64 * scale)).collect());
        prop_assert!((others / scale - exact).abs() <= 1e-15 * exact, "{others} {exact}");
    }
}

/// A decimal as a whole number of units of 10^-`PLACES`. These are enough for all doubles.
fn scaled(text: &str) -> BigInt {
    const PLACES: usize = 1100;
    let (text, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let places = PLACES as i32 + exponent.parse::<i32>().unwrap() - fraction.len() as i32;
    let digits = format!("{whole}{fraction}{}", "0".repeat(places as usize));
    digits.parse().unwrap()
}

/// A number exactly, in the same units.
fn exactly(number: Number) -> BigInt {
    match number {
        Number::Whole(number) => scaled(&number.to_string()),
        Number::Decimal(number) => scaled(&format!("{number:.1080}")),
    }
}

/// The line of a number.
fn line(number: Number) -> String {
    match number {
        Number::Whole(number) => number.to_string(),
        Number::Decimal(number) => format!("{number:e}"),
    }
}

fn lines(numbers: &[Number]) -> String {
    numbers.iter().map(|&number| line(number) + "\n").collect()
}

/// The value after a name in the output.
fn field<'a>(output: &'a str, name: &str) -> &'a str {
    let mut lines = output.lines().filter_map(|line| line.split_once(' '));
    lines.find(|(found, _)| *found == name).unwrap().1
}

fn percentiles(texts: &[&str]) -> Vec<Percentile> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// Case 5: the mean of large whole numbers lay below all of them.
#[test]
fn the_mean_lies_between_the_smallest_and_the_largest() {
    let times = "1763864400000000001\n1763864400000000101\n1763864400000000201\n";
    assert_eq!(
        output(true, times).unwrap(),
        "n 3\nsum 5291593200000000303\nmin 1763864400000000001\nmax 1763864400000000201\n\
         mean 1763864400000000101\nsd 100\n"
    );
    assert_eq!(output(false, times).unwrap(), "1763864400000000101\n");
    for (text, mean) in [
        (
            "1763864400000000001\n1763864400000000002",
            "1763864400000000001.5",
        ),
        (
            "-1763864400000000001\n-1763864400000000002",
            "-1763864400000000001.5",
        ),
        ("9007199254740993\n9007199254740993", "9007199254740993"),
        (
            "9007199254740993\n9007199254740993\n9007199254740994",
            "9007199254740993.3333",
        ),
        // Below 10^12 it is the nearest double, from there on the digits do not end earlier.
        (
            "999999999999\n999999999999\n1000000000000",
            "999999999999.3334",
        ),
        (
            "1000000000000\n1000000000000\n1000000000001",
            "1000000000000.3333",
        ),
        (
            "1000000000000\n1000000000000\n1000000000002",
            "1000000000000.6667",
        ),
        // Rounded up to the next whole number.
        (
            "1999999999999999999\n1999999999999999999.0",
            "1999999999999999999.5",
        ),
    ] {
        assert_eq!(output(false, text).unwrap().trim(), mean, "{text}");
    }
    // Nearest double: 1763864400000000000, below the smallest.
    let mixed = "1763864400000000001\n".repeat(999) + "1763864400000000256.0\n";
    let all = output(true, &mixed).unwrap();
    assert_eq!(field(&all, "min"), "1763864400000000001");
    assert_eq!(field(&all, "mean"), "1763864400000000001.255");
    assert_eq!(field(&all, "max"), "1763864400000000256");
    // The shortest digits of the double 1763864400000000256 are those of …300.
    let all = output(true, "1763864400000000256.0\n1763864400000000257\n").unwrap();
    assert_eq!(field(&all, "min"), "1763864400000000256");
    assert_eq!(field(&all, "max"), "1763864400000000257");
    // Where nothing is finer than doubles, the short digits remain.
    let all = output(true, "1e23\n1e23\n1\n").unwrap();
    assert_eq!(field(&all, "max"), "100000000000000000000000");
    // No zero is below zero.
    let all = output(true, "-0.0\n-0.0\n").unwrap();
    assert_eq!(all, "n 2\nsum 0\nmin 0\nmax 0\nmean 0\nsd 0\n");
}

#[test]
fn a_sum_of_whole_numbers_has_all_its_digits() {
    let max = i128::MAX;
    let all = output(true, &format!("{max}\n{max}\n{max}\n-5\n")).unwrap();
    assert_eq!(
        field(&all, "sum"),
        (BigInt::from(max) * 3i32 - 5i32).to_string()
    );
    let min = i128::MIN;
    let all = output(true, &format!("{min}\n{min}\n")).unwrap();
    assert_eq!(field(&all, "sum"), (BigInt::from(min) * 2i32).to_string());
    assert_eq!(field(&all, "mean"), min.to_string());
    let counts = format!("{} {max}\n", u64::MAX);
    let all = result(Format::Counts, Output::All(Vec::new()), &counts).unwrap();
    let sum = BigInt::from(max) * u64::MAX;
    assert_eq!(field(&all, "sum"), sum.to_string());
    assert_eq!(field(&all, "mean"), max.to_string());
    assert_eq!(field(&all, "sd"), "0");
}

#[test]
fn counts_as_count_and_uniq_write_them() {
    let counted = |text: &str| result(Format::Counts, Output::Mean, text);
    assert_eq!(counted("2 1\n1 4\n").unwrap(), "2\n");
    assert_eq!(counted("2\t1\n1\t4\n").unwrap(), "2\n");
    assert_eq!(counted("      2 1\n      1  4 \n").unwrap(), "2\n");
    // What occurs no times is not there.
    let all = result(
        Format::Counts,
        Output::All(percentiles(&["100"])),
        "0 9\n2 1\n",
    )
    .unwrap();
    assert_eq!(all, "n 2\nsum 2\nmin 1\nmax 1\nmean 1\nsd 0\np100 1\n");
    let error = |text: &str| counted(text).unwrap_err().to_string();
    assert_eq!(error("0 9\n"), "no numbers, so no mean");
    assert_eq!(error("2 1\n7\n"), "line 2: not a number: '7'");
    assert_eq!(error("2 1\n3 x\n"), "line 2: not a number: '3 x'");
    let decimal = "line 1: the count is not a whole number: '1.5 2'";
    assert_eq!(error("1.5 2\n"), decimal);
    let no_count = "line 1: no count before the line: '-1 2'";
    assert_eq!(error("-1 2\n"), no_count);
    let max = u64::MAX;
    assert_eq!(
        error(&format!("{max} 1\n1 1\n")),
        "line 2: a sum of counts is larger than 64 bits hold: '1 1'"
    );
    assert_eq!(
        error(&format!("1 {}7\n", "0".repeat(LONGEST_NUMBER))),
        format!("line 1: too long for a number: '1 {}…'", "0".repeat(58))
    );
    // Too long with its count, where the end of the number may not have been read.
    let mut endless = b"1 ".chain(std::io::repeat(b'1'));
    let mut mean = Mean::new(Format::Counts, Output::Mean, Limits::default());
    let ended = mean.read(&mut endless, b'\n').unwrap_err();
    let cause = "line 1: too long for a number";
    let message = format!("{cause}: '1 {}…'", "1".repeat(58));
    assert_eq!(ended.to_string(), message);
}

#[test]
fn percentiles_of_special_numbers() {
    let output = |texts: &[&str], lines: &str| {
        result(
            Format::Numbers,
            Output::Percentiles(percentiles(texts)),
            lines,
        )
    };
    // The values are those of numpy.percentile.
    assert_eq!(
        output(&["0", "25", "50", "75", "100", "10"], "4\n1\n3\n2\n").unwrap(),
        "1\n1.75\n2.5\n3.25\n4\n1.3\n"
    );
    assert_eq!(output(&["50"], "7\n").unwrap(), "7\n");
    assert_eq!(output(&["0", "99.9"], "5\n5.0\n5e0\n").unwrap(), "5\n5\n");
    assert_eq!(output(&["50"], "-0.0\n0\n-0\n").unwrap(), "0\n");
    assert_eq!(output(&["50"], "-1\n-0.0\n1.5\n").unwrap(), "0\n");
    assert_eq!(
        output(&["0", "50", "100"], "1e308\n-1e308\n")
            .unwrap()
            .lines()
            .nth(1),
        Some("0")
    );
    // Beyond 2^53 doubles would be equal.
    assert_eq!(
        output(&["0", "50", "100"], "9007199254740993\n9007199254740992\n").unwrap(),
        "9007199254740992\n9007199254740992.5\n9007199254740993\n"
    );
    assert_eq!(
        output(&["50"], "9007199254740993\n0.5\n9007199254740995\n").unwrap(),
        "9007199254740993\n"
    );
    let error = output(&["50"], "").unwrap_err().to_string();
    assert_eq!(error, "no numbers, so no mean");
    let error = output(&["50"], "1\nx\n").unwrap_err().to_string();
    assert_eq!(error, "line 2: not a number: 'x'");
    let all = result(
        Format::Numbers,
        Output::All(vec![Percentile::median(), "90".parse().unwrap()]),
        "1\n2\n",
    );
    assert_eq!(
        all.unwrap(),
        "n 2\nsum 3\nmin 1\nmax 2\nmean 1.5\nsd 0.7071067811865476\nmedian 1.5\np90 1.9\n"
    );
}

#[test]
fn a_damaged_partial_result_is_named_by_its_line() {
    let part = result(Format::Numbers, Output::Partial, "1\n2\n").unwrap();
    let merged = |text: &str| result(Format::Partials, Output::Mean, text);
    assert_eq!(merged(&part.repeat(3)).unwrap(), "1.5\n");
    let damaged = part.clone() + &part.replace("max=2", "max=3");
    let message = merged(&damaged).unwrap_err().to_string();
    let cause = "line 2: a damaged partial result: its checksum does not match";
    assert!(
        message.starts_with(&format!("{cause}: 'mean-partial ")),
        "{message}"
    );
    let other = part + "1.5\n";
    assert_eq!(
        merged(&other).unwrap_err().to_string(),
        "line 2: not a partial result, as mean --partial writes it: '1.5'"
    );
    let mut endless = std::io::repeat(b'1');
    let mut mean = Mean::new(Format::Partials, Output::Mean, Limits::default());
    assert!(mean.read(&mut endless, b'\n').is_err());
    // Parts without numbers add nothing, and have no mean.
    let empty = result(Format::Numbers, Output::Partial, "").unwrap();
    assert_eq!(
        merged(&empty.repeat(2)).unwrap_err().to_string(),
        "no numbers, so no mean"
    );
}

/// Numbers among which many are equal or near, and how often each occurs.
fn numbers() -> impl Strategy<Value = Vec<Number>> {
    let few = prop::collection::vec(any_number(), 1..6);
    let picks = prop::collection::vec((any::<prop::sample::Index>(), -1..2i128), 1..40);
    (few, picks).prop_map(|(few, picks)| {
        let pick = |(index, more): (prop::sample::Index, i128)| match *index.get(&few) {
            Number::Whole(number) => Number::Whole(number.saturating_add(more)),
            decimal => decimal,
        };
        picks.into_iter().map(pick).collect()
    })
}

/// Wholes alone, for which more is promised.
fn wholes() -> impl Strategy<Value = Vec<Number>> {
    numbers().prop_map(|numbers| {
        let whole = |number| match number {
            Number::Decimal(number) => Number::Whole(number as i128),
            whole => whole,
        };
        numbers.into_iter().map(whole).collect()
    })
}

proptest! {
    #[test]
    fn whole_numbers_have_a_mean_with_all_its_digits(numbers in wholes()) {
        let all = output(true, &lines(&numbers)).unwrap();
        let n = BigInt::from(numbers.len());
        let sum: BigInt = numbers.iter().map(|&number| exactly(number)).sum();
        prop_assert_eq!(scaled(field(&all, "sum")), sum.clone());
        let mean = scaled(field(&all, "mean"));
        // Half of the last place that is shown, or of a double below 10^12.
        let error: BigInt = (sum - &mean * &n) * 2i32;
        prop_assert!(BigInt::from(error.magnitude().clone()) <= scaled("0.0002") * &n, "{all}");
        prop_assert!(scaled(field(&all, "min")) <= mean && mean <= scaled(field(&all, "max")), "{all}");
        let least = numbers.iter().map(|&number| exactly(number)).min().unwrap();
        prop_assert_eq!(scaled(field(&all, "min")), least);
        let alone = output(false, &lines(&numbers)).unwrap();
        prop_assert_eq!(field(&all, "mean"), alone.trim());
    }

    #[test]
    fn the_mean_of_any_numbers_lies_among_them(numbers in numbers()) {
        let Ok(all) = output(true, &lines(&numbers)) else {
            // Only a sum of decimals can be too large.
            let large = |number: &Number| matches!(number, Number::Decimal(number) if number.abs() > 1e150);
            prop_assert!(numbers.iter().any(large));
            return Ok(());
        };
        let [min, mean, max] = ["min", "mean", "max"].map(|name| scaled(field(&all, name)));
        prop_assert!(min <= mean && mean <= max, "{all}");
        // Its error is at most one half of a unit in the last place of a double.
        let sum: BigInt = numbers.iter().map(|&number| exactly(number)).sum();
        let near: f64 = field(&all, "mean").parse().unwrap();
        let n = BigInt::from(numbers.len());
        let error = |mean: BigInt| BigInt::from((&sum - mean * &n).magnitude().clone());
        // What is printed, or the double that it names.
        let own = error(mean).min(error(exactly(Number::Decimal(near))));
        for other in [near.next_up(), near.next_down()] {
            if other.is_finite() {
                prop_assert!(own <= error(exactly(Number::Decimal(other))), "{all}");
            }
        }
    }

    #[test]
    fn counted_numbers_tell_the_same(numbers in numbers(), times in prop::collection::vec(0..5usize, 40), tab: bool, blanks in 0..8usize) {
        let separator = if tab { '\t' } else { ' ' };
        let (mut plain, mut counted) = (String::new(), String::new());
        for (&number, &times) in numbers.iter().zip(&times) {
            plain += &(line(number) + "\n").repeat(times);
            counted += &format!("{}{times}{separator}{}\n", " ".repeat(blanks), line(number));
        }
        let wanted = || Output::All(percentiles(&["0", "12.5", "50", "99.9"]));
        let output = [(Format::Numbers, plain), (Format::Counts, counted)].map(|(format, text)| {
            let output = |wanted| result(format, wanted, &text).map_err(|error| error.to_string());
            (output(Output::Mean), output(wanted()), output(Output::Partial))
        });
        prop_assert_eq!(&output[0], &output[1]);
    }

    #[test]
    fn partial_results_add_up_to_the_whole(numbers in numbers(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..5), order: bool) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(numbers.len() + 1)).chain([0, numbers.len()]).collect();
        cuts.sort_unstable();
        let mut parts: Vec<String> = cuts.windows(2).map(|cut| {
            result(Format::Numbers, Output::Partial, &lines(&numbers[cut[0]..cut[1]])).unwrap()
        }).collect();
        if order {
            parts.reverse();
        }
        let whole = lines(&numbers);
        for wanted in [Output::Mean, Output::All(Vec::new())] {
            let output = |format, text: &str| result(format, wanted.clone(), text).map_err(|error| error.to_string());
            let expected = output(Format::Numbers, &whole);
            prop_assert_eq!(&output(Format::Partials, &parts.concat()), &expected);
            // Some parts first, and the rest with what these give.
            let (some, rest) = parts.split_at(parts.len() / 2);
            let some = result(Format::Partials, Output::Partial, &some.concat()).unwrap();
            prop_assert_eq!(&output(Format::Partials, &(rest.concat() + &some)), &expected);
        }
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_numbers(numbers in numbers(), part in 0..=100_000_000_000u64) {
        let text = format!("{}.{:09}", part / 1_000_000_000, part % 1_000_000_000);
        let wanted = Output::Percentiles(percentiles(&[&text, "0", "100"]));
        let output = result(Format::Numbers, wanted, &lines(&numbers)).unwrap();
        let output: Vec<&str> = output.lines().collect();
        let mut sorted: Vec<BigInt> = numbers.iter().map(|&number| exactly(number)).collect();
        sorted.sort();
        let whole = BigInt::from(100_000_000_000u64);
        let way = u128::from(part) * (sorted.len() as u128 - 1);
        let (place, rest) = ((way / 100_000_000_000) as usize, (way % 100_000_000_000) as u64);
        let next = sorted.get(place + 1).unwrap_or(&sorted[place]);
        let exact = &sorted[place] * (&whole - rest) + next * rest;
        let near: f64 = output[0].parse().unwrap();
        let error = |answer: BigInt| BigInt::from((&exact - answer * &whole).magnitude().clone());
        let own = error(scaled(output[0])).min(error(exactly(Number::Decimal(near))));
        for other in [near.next_up(), near.next_down()] {
            if other.is_finite() {
                prop_assert!(own <= error(exactly(Number::Decimal(other))), "{output:?}");
            }
        }
        let [of, min, max] = [0, 1, 2].map(|i| scaled(output[i]));
        prop_assert!(min <= of && of <= max, "{output:?}");
        if numbers.iter().all(|number| matches!(number, Number::Whole(_))) {
            prop_assert_eq!([&min, &max], [&sorted[0], &sorted[sorted.len() - 1]]);
        }
    }
}
