//! Whole charts.

use super::*;
use proptest::prelude::*;

fn drawn(style: Style, text: &str) -> Result<String, String> {
    let (pages, result) = pages_drawn(style, text);
    result.map(|()| pages)
}

/// The pages before an error, and the error.
fn pages_drawn(style: Style, text: &str) -> (String, Result<(), String>) {
    let mut chart = Chart::new(style);
    let mut out = Vec::new();
    let result = chart.read(&mut text.as_bytes(), b'\n', &mut |chart| {
        chart.draw(&mut out)?;
        out.extend(pages::end(b'\n'));
        Ok(())
    });
    let result = result.and_then(|_| chart.draw(&mut out));
    let result = result.map_err(|error| error.to_string());
    (String::from_utf8(out).unwrap(), result)
}

/// A chart whose bars have 10 columns.
fn ten() -> Style {
    Style {
        width: 25,
        ..Style::default()
    }
}

#[test]
fn count_bar_line() {
    let text = "30 dreamhost\n11 hosting\n9 we b\n0 x\n";
    assert_eq!(
        drawn(ten(), text).unwrap(),
        "30 ██████████ dreamhost\n11 ███▋       hosting\n 9 ███        we b\n 0            x\n"
    );
    let ascii = Style {
        ascii: true,
        ..ten()
    };
    assert_eq!(
        drawn(ascii, text).unwrap(),
        "30 ########## dreamhost\n11 ###        hosting\n 9 ###        we b\n 0            x\n"
    );
}

#[test]
fn every_eighth() {
    let text: String = (0..=8).map(|n| format!("{n} x\n")).collect();
    let style = Style {
        max: Some("80".parse().unwrap()),
        ..ten()
    };
    let bars = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];
    let expected: Vec<_> = bars
        .iter()
        .enumerate()
        .map(|(n, bar)| format!("{n} {bar:<10} x\n"))
        .collect();
    assert_eq!(drawn(style, &text).unwrap(), expected.concat());
}

/// Also as `uniq -c` pads them, with TABs, and without a line.
#[test]
fn forms_of_records() {
    assert_eq!(
        drawn(ten(), "      8 a b\n\t2\tc\n4\n.5 d\n008  e\n").unwrap(),
        "  8 ██████████ a b\n  2 ██▌        c\n  4 █████      \n .5 ▋          d\n008 ██████████  e\n"
    );
}

#[test]
fn decimals_are_exact() {
    // 0.1 + 0.2 is 0.3: the share of each is a third of 0.9.
    let percent = Style {
        percent: true,
        ..ten()
    };
    assert_eq!(
        drawn(percent, "0.3 a\n0.30 b\n0.300 c\n").unwrap(),
        "  0.3 33.3% ██████████ a\n 0.30 33.3% ██████████ b\n0.300 33.3% ██████████ c\n"
    );
    // A half is rounded up: 0.05% and 0.15%.
    let out = drawn(percent, "1 a\n3 b\n1996 c\n").unwrap();
    let shares: Vec<_> = out
        .lines()
        .map(|line| line.split_whitespace().nth(1).unwrap())
        .collect();
    assert_eq!(shares, ["0.1%", "0.2%", "99.8%"]);
    assert_eq!(drawn(percent, "0 a\n").unwrap(), "0 0.0%            a\n");
    let out = drawn(
        ten(),
        "12345678901234567.123456789012345678901 a\n0.000000000000000000001 b\n",
    )
    .unwrap();
    assert!(
        out.contains(" ██████████ a\n") && out.contains(" ▏          b\n"),
        "{out}"
    );
}

#[test]
fn huge_counts_do_not_overflow() {
    let huge = "9".repeat(38);
    let text = format!("{huge} a\n{} b\n", "4".repeat(38));
    assert_eq!(
        drawn(ten(), &text)
            .unwrap()
            .split_whitespace()
            .collect::<Vec<_>>(),
        [&huge, "██████████", "a", &"4".repeat(38), "████▍", "b"]
    );
    for (text, number, line) in [
        (format!("1 a\n{huge}9 a\n"), 2, format!("{huge}9 a")),
        (format!("{huge} a\n0.5 b\n"), 2, "0.5 b".to_string()),
        (format!("0.{huge}9 a\n"), 1, format!("0.{huge}9 a")),
    ] {
        let message =
            format!("line {number}: the counts so far need more than 38 digits: '{line}'");
        assert_eq!(drawn(ten(), &text).unwrap_err(), message);
    }
    let percent = Style {
        percent: true,
        ..ten()
    };
    let two = format!("{huge} a\n{huge} b\n");
    assert_eq!(drawn(percent, &two).unwrap_err(), TOO_LARGE);
    assert!(
        drawn(percent, &format!("{huge} a\n{} b\n", u64::MAX))
            .unwrap()
            .contains(" 100.0% ")
    );
}

#[test]
fn lines_without_a_count() {
    for (text, cause) in [
        ("1 a\nb\n", "line 2: no count before the line"),
        ("-3 a\n", "line 1: negative count"),
        ("-.5\n", "line 1: negative count"),
        ("\n", "line 1: no count before the line"),
        ("1 a\n\n2 b\n", "line 2: no count before the line"),
        (". a\n", "line 1: no count before the line"),
        ("1.2.3 a\n", "line 1: no count before the line"),
        ("1e3 a\n", "line 1: no count before the line"),
        ("+1 a\n", "line 1: no count before the line"),
        ("NaN a\n", "line 1: no count before the line"),
        ("-a b\n", "line 1: no count before the line"),
        ("- b\n", "line 1: no count before the line"),
    ] {
        let number = if cause.contains("line 2") { 1 } else { 0 };
        let line = text.lines().nth(number).unwrap();
        let message = format!("{cause}: '{line}'");
        assert_eq!(drawn(ten(), text).unwrap_err(), message);
    }
}

#[test]
fn a_fixed_scale() {
    let max = |text: &str| Style {
        max: Some(text.parse().unwrap()),
        ..ten()
    };
    assert_eq!(
        drawn(max("10"), "5 a\n10 b\n11 c\n").unwrap(),
        " 5 █████      a\n10 ██████████ b\n11 █████████+ c\n"
    );
    assert_eq!(drawn(max("2.5"), "1 a\n").unwrap(), "1 ████       a\n");
    for text in ["0", "0.0", "-1", "", "x", "1e3", &"9".repeat(39)] {
        assert!(text.parse::<Decimal>().is_err(), "{text}");
    }
}

#[test]
fn the_first_line_names_a_logarithmic_scale() {
    let log = Style { log: true, ..ten() };
    assert_eq!(
        drawn(log, "1023 a\n31 b\n1 c\n0 d\n").unwrap(),
        "log scale: log(1 + COUNT)\n1023 ██████████ a\n  31 █████      b\n   1 █          c\n   0            d\n"
    );
    assert_eq!(drawn(log, "").unwrap(), "");
}

#[test]
fn only_the_bar_has_a_color() {
    let color = Style {
        color: true,
        ..ten()
    };
    assert_eq!(
        drawn(color, "4 a\n2 b\n0 c\n").unwrap(),
        "4 \x1b[36m██████████\x1b[0m a\n2 \x1b[36m█████\x1b[0m      b\n0            c\n"
    );
}

#[test]
fn a_label_is_cut_to_the_width() {
    let cut = |width| Style {
        width,
        cut: true,
        ..Style::default()
    };
    let text = "30 dreamhost\n";
    assert_eq!(drawn(cut(23), text).unwrap(), "30 ██████████ dreamhost\n");
    assert_eq!(drawn(cut(22), text).unwrap(), "30 ██████████ dreamho…\n");
    assert_eq!(drawn(cut(15), text).unwrap(), "30 ██████████ …\n");
    // Nothing of it fits.
    assert_eq!(drawn(cut(14), text).unwrap(), "30 ██████████\n");
    assert_eq!(drawn(cut(1), text).unwrap(), "30 ██████████\n");
    let ascii = Style {
        ascii: true,
        percent: true,
        ..cut(30)
    };
    assert_eq!(
        drawn(ascii, text).unwrap(),
        "30 100.0% ############ drea...\n"
    );
}

/// One chart after the other: nothing of the first is in the second, neither the largest count nor
/// decimal places nor the sum.
#[test]
fn a_chart_for_each_page() {
    let style = Style {
        percent: true,
        ..ten()
    };
    assert_eq!(
        drawn(style, "4 a\n2.50 b\n\x0c\n1 c\n\x0c\n\x0c\n3 d\n3 e\n").unwrap(),
        "   4 61.5% ██████████ a\n2.50 38.5% ██████▎    b\n\x0c\n1 100.0% ██████████ c\n\x0c\n\
         \x0c\n3 50.0% ██████████ d\n3 50.0% ██████████ e\n"
    );
    let fixed = Style {
        max: Some("8".parse().unwrap()),
        log: true,
        ..ten()
    };
    assert_eq!(
        drawn(fixed, "8 a\n\x0c\n\x0c\n2 b\n").unwrap(),
        "log scale: log(1 + COUNT)\n8 ██████████ a\n\x0c\n\x0c\nlog scale: log(1 + COUNT)\n2 █████      b\n"
    );
}

#[test]
fn pages_before_an_error_stay() {
    let huge = "9".repeat(38);
    let percent = Style {
        percent: true,
        ..ten()
    };
    let sum = format!("1 a\n\x0c\n{huge} a\n{huge} b\n\x0c\n1 c\n");
    for (text, cause) in [
        (
            "1 a\n\x0c\n2 b\nc\n",
            "line 4: no count before the line: 'c'",
        ),
        (
            "1 a\n\x0c\n2 b\n\x0c c\n",
            r"line 4: no count before the line: '\u{c} c'",
        ),
        // The sum is known at the end of the page, which is a line.
        (&sum, "line 5: the sum of the counts is too large"),
    ] {
        let (pages, result) = pages_drawn(percent, text);
        assert_eq!(result.unwrap_err(), cause);
        assert_eq!(pages, "1 100.0% ██████████ a\n\x0c\n");
    }
}

/// Each page has the width that was set before its end.
#[test]
fn the_width_may_change_between_pages() {
    let mut chart = Chart::new(ten());
    let mut out = Vec::new();
    let mut widths = [25, 30].into_iter();
    let mut draw = |chart: &mut Chart| {
        chart.set_width(widths.next().unwrap());
        chart.draw(&mut out)
    };
    let is_open = chart.read(&mut "4 a\n\x0c\n4 a\n".as_bytes(), b'\n', &mut draw);
    assert!(is_open.unwrap());
    draw(&mut chart).unwrap();
    let expected = "4 ██████████ a\n4 ████████████ a\n";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

proptest! {
    #[test]
    fn pages_as_texts_of_their_own(
        parts in prop::collection::vec("([0-9]{1,4}(\\.[0-9])?[ \t][a-cé日]{0,3}\n){0,8}", 1..6),
        width in 1..100usize,
        percent: bool,
        log: bool,
        max in prop::option::of("[1-9][0-9]{0,3}"),
    ) {
        let max = max.map(|max| max.parse().unwrap());
        let style = Style { width, percent, log, max, ..Style::default() };
        let alone: Vec<_> = parts.iter().map(|part| drawn(style, part).unwrap()).collect();
        let whole = drawn(style, &parts.join("\x0c\n")).unwrap();
        prop_assert_eq!(whole, alone.join("\x0c\n"));
    }

    #[test]
    fn as_a_naive_chart(
        records in prop::collection::vec((0..50_000u64, "[ -~é日]{0,8}"), 1..40),
        width in 1..300usize,
        hundredths: bool,
    ) {
        let number = |count: u64| match hundredths {
            true => format!("{}.{:02}", count / 100, count % 100),
            false => count.to_string(),
        };
        let text: String = records.iter().map(|(count, line)| format!("{} {line}\n", number(*count))).collect();
        let largest = records.iter().map(|record| record.0).max().unwrap();
        let digits = records.iter().map(|record| number(record.0).len()).max().unwrap();
        let bar = (width * 2 / 5).max(10);
        let expected: String = records.iter().map(|(count, line)| {
            let eighths = (8 * bar as u64 * count).checked_div(largest).unwrap_or(0);
            let eighths = eighths.max(u64::from(*count > 0)) as usize;
            let drawn = "█".repeat(eighths / 8) + ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
            format!("{:>digits$} {drawn:<bar$} {line}\n", number(*count))
        }).collect();
        let style = Style { width, ..Style::default() };
        prop_assert_eq!(drawn(style, &text).unwrap(), expected);
    }
}
