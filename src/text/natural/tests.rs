use super::*;
use crate::common::arbitrary::{self, filtered};
use crate::text::scan::with_each;
use crate::text::unicode;
use oracle::{by_icu, by_rules, words};
use proptest::prelude::*;

/// The words of a text, one a line, with each instruction set.
fn natural_with(options: fn() -> Options, text: &[u8], cuts: &[usize]) -> Vec<u8> {
    let mut found = None;
    with_each(|set| {
        let words = filtered(Natural::new(options()), text, cuts.to_vec());
        let first = found.get_or_insert_with(|| words.clone());
        assert_eq!(shown(&words), shown(first), "{set:?}");
        Ok::<_, std::convert::Infallible>(())
    })
    .unwrap();
    found.unwrap()
}

fn natural(text: &str) -> String {
    String::from_utf8(natural_with(
        Options::default,
        text.as_bytes(),
        &[usize::MAX],
    ))
    .unwrap()
}

fn shown(words: &[u8]) -> String {
    String::from_utf8_lossy(words).replace('\n', "|")
}

#[test]
fn the_version_is_that_of_the_crate() {
    let lock = include_str!("../../../Cargo.lock");
    let (_, entry) = lock
        .split_once("name = \"icu_segmenter\"\nversion = \"")
        .unwrap();
    let (name, version) = VERSION.split_once(' ').unwrap();
    assert_eq!(name, "icu_segmenter");
    assert!(entry.starts_with(&format!("{version}.")), "{VERSION}");
}

#[test]
fn words_of_a_reader() {
    for (text, expected) in [
        (
            "Don't panic: it's 3.14, or 1,000;",
            "Don't|panic|it's|3.14|or|1,000|",
        ),
        ("a rock-'n'-roll e-mail", "a|rock|n|roll|e|mail|"),
        ("don’t ‘quote’ can’t’", "don't|quote|can't|"),
        ("__init__ snake_case _ ___", "__init__|snake_case|"),
        ("co\u{AD}operate", "cooperate|"),
        ("naïve café, Ελλάδα; Привет", "naïve|café|Ελλάδα|Привет|"),
        ("e\u{301}te\u{301}", "e\u{301}te\u{301}|"),
        (
            "example.org key:value 12:30 x;y 1;2",
            "example.org|key:value|12|30|x|y|1;2|",
        ),
        ("½ ② № ❤️ 👩‍👩‍👧 m²", "m|"),
        ("צה״ל ד'", "צה״ל|ד'|"),
        ("カタカナ ﾃﾚﾋﾞ", "カタカナ|ﾃﾚﾋﾞ|"),
        ("한국어 텍스트", "한국어|텍스트|"),
        ("हिन्दी में", "हिन्दी|में|"),
        ("𗀀𗀁", "𗀀|𗀁|"),
        ("私は日本語を話します。", "私|は|日本語|を|話|しま|す|"),
        ("ภาษาไทยง่ายมาก", "ภาษา|ไทย|ง่าย|มาก|"),
    ] {
        assert_eq!(natural(text).replace('\n', "|"), expected, "{text}");
    }
}

#[test]
fn marks_belong_to_the_word_before_them() {
    for (text, expected) in [
        ("ပီးဒီးယား", "ပီး|ဒီး|ယား|"),
        ("ခ\u{1038}\u{301}", "ခ\u{1038}\u{301}|"),
        ("葛\u{E0100}城", "葛\u{E0100}|城|"),
    ] {
        for cut in 1..=text.len() {
            let words = natural_with(Options::default, text.as_bytes(), &[cut]);
            assert_eq!(shown(&words), expected, "{cut}");
        }
    }
}

#[test]
fn the_steps_that_are_kept_are_limited() {
    // All pairs of 600 characters take more steps than are kept.
    let chars: Vec<char> = ('\u{4E00}'..).take(600).collect();
    let pairs = chars
        .iter()
        .flat_map(|a| chars.iter().flat_map(move |b| [*a, *b]));
    let text: String = pairs.collect();
    let found = natural_with(Options::default, text.as_bytes(), &[usize::MAX]);
    assert_eq!(shown(&found), by_icu(text.as_bytes()).replace('\n', "|"));
}

#[test]
fn options() {
    let found = |options: fn() -> Options, text: &str| {
        shown(&natural_with(options, text.as_bytes(), &[usize::MAX]))
    };
    let hyphens = || Options {
        hyphens: true,
        ..Options::default()
    };
    assert_eq!(
        found(hyphens, "e-mail rendez‐vous x- -y 1-2 a--b"),
        "e-mail|rendez‐vous|x|y|1|2|a|b|"
    );
    let elision = || Options {
        elision: true,
        ..Options::default()
    };
    assert_eq!(
        found(
            elision,
            "l'eau qu’il l’État d'hui don't y'all o'clock L'Île dell'amico"
        ),
        "l|eau|qu|il|l|État|d|hui|don't|y|all|o'clock|L|Île|dell|amico|"
    );
    let capitalised = || Options {
        capitalised: true,
        ..Options::default()
    };
    assert_eq!(
        found(
            capitalised,
            "O'Brien isn’t U.S.A. Élan _X iPhone 日本 Ⓐ 3D D3"
        ),
        "O'Brien|U.S.A|Élan|Ⓐ|D3|"
    );
    let own = || {
        let mut own = Own::default();
        own.add("编程").unwrap();
        Options {
            own,
            ..Options::default()
        }
    };
    assert_eq!(found(Options::default, "我喜欢编程"), "我|喜欢|编|程|");
    assert_eq!(found(own, "我喜欢编程"), "我|喜欢|编程|");
}

#[test]
fn every_line_of_unicodes_test() {
    let file = include_str!("../../../tests/data/WordBreakTest.txt");
    let mut lines = 0;
    for segments in unicode::segments(file) {
        let text = segments.concat();
        let expected = words(segments.iter().map(String::as_str));
        assert_eq!(natural(&text), expected, "{text:?}");
        lines += 1;
    }
    assert!(lines > 1800);
}

/// Characters, and pieces of text, in which the rules and the scripts meet.
fn pieces() -> impl Strategy<Value = String> {
    let meeting = prop::sample::select(
        &[
            "a",
            "B",
            "é",
            "Ж",
            "ß",
            "7",
            "٣",
            "_",
            "‿",
            "'",
            "’",
            "‘",
            "\"",
            ".",
            ",",
            ":",
            ";",
            "-",
            "‐",
            "·",
            " ",
            " ",
            " ",
            "\n",
            "\r\n",
            "\u{AD}",
            "\u{301}",
            "\u{200D}",
            "\u{FE0F}",
            "א",
            "״",
            "カ",
            "ー",
            "ｶ",
            "한",
            "日本語",
            "東京",
            "我喜欢",
            "ひらがな",
            "か",
            "ภาษาไทย",
            "ไ",
            "ำ",
            "่",
            "ພາສາລາວ",
            "ຂ",
            "ភាសាខ្មែរ",
            "្",
            "ក",
            "မြန်မာစာ",
            "\u{1038}",
            "\u{102C}",
            "ၢ",
            "ၵ",
            "ခ",
            "္",
            "က",
            "ᥐᥣ",
            "𗀀",
            "😀",
            "🅰",
            "ℹ",
            "🇩",
            "½",
            "don't",
            "words of a text. ",
            "3.14",
        ][..],
    )
    .prop_map(str::to_string);
    // Later versions of Unicode have other classes for symbols.
    let is_known = |c: &char| unicode::has(*c) && c.is_alphanumeric();
    let any = prop::sample::select(('\0'..=char::MAX).filter(is_known).collect::<Vec<_>>());
    let any = any.prop_map(String::from);
    prop_oneof![12 => meeting, 1 => any]
}

proptest! {
    #[test]
    fn as_icu_has_it(pieces in prop::collection::vec(pieces(), 0..60), cuts in arbitrary::cuts()) {
        // Behind U+200D, icu_segmenter 2.4 has boundaries that the rules do not have: between a
        // Katakana letter and `_`, for example.
        let text = pieces.concat().replace('\u{200D}', "");
        let found = natural_with(Options::default, text.as_bytes(), &cuts);
        prop_assert_eq!(shown(&found), by_icu(text.as_bytes()).replace('\n', "|"), "{:?}", text);
    }

    #[test]
    fn as_the_rules_say(text in arbitrary::text(), cuts in arbitrary::cuts()) {
        if let Some(expected) = by_rules(&text) {
            let found = natural_with(Options::default, &text, &cuts);
            prop_assert_eq!(shown(&found), expected.replace('\n', "|"));
        }
    }

    #[test]
    fn any_bytes(text in arbitrary::text(), cuts in arbitrary::cuts()) {
        let all = || Options { hyphens: true, elision: true, ..Options::default() };
        let whole = natural_with(all, &text, &[usize::MAX]);
        prop_assert_eq!(shown(&natural_with(all, &text, &cuts)), shown(&whole));
    }

    #[test]
    fn capitals_are_those_of_all(pieces in prop::collection::vec(pieces(), 0..60), cuts in arbitrary::cuts()) {
        let text = pieces.concat();
        let all = String::from_utf8(natural_with(Options::default, text.as_bytes(), &[usize::MAX])).unwrap();
        let capital = regex::Regex::new(r"^\p{Uppercase}").unwrap();
        let expected: String = all.split_inclusive('\n').filter(|word| capital.is_match(word)).collect();
        let options = || Options { capitalised: true, ..Options::default() };
        prop_assert_eq!(shown(&natural_with(options, text.as_bytes(), &cuts)), expected.replace('\n', "|"));
    }
}

#[test]
fn every_place_of_a_cut() {
    let text = "Don’t pay 3,50 (or l’eau) — 私は日本語を話します。ภาษาไทยง่ายมาก __x__ e\u{301}té co\u{AD}op \
                မြန်မာစာ ភាសាខ្មែរ ພາສາລາວ 👩‍👩‍👧 אב\"ג and more words of ASCII to fill a chunk, and one more";
    let whole = natural(text);
    for cut in 0..=text.len() {
        let cuts = [cut.max(1), usize::MAX];
        let found = natural_with(Options::default, text.as_bytes(), &cuts);
        assert_eq!(shown(&found), whole.replace('\n', "|"), "{cut}");
    }
    let found = natural_with(Options::default, text.as_bytes(), &[1]);
    assert_eq!(shown(&found), whole.replace('\n', "|"));
}

#[test]
fn the_number_of_waiting_bytes_is_limited() {
    // A character between letters, with marks, of which there are too many.
    let marks = "\u{301}".repeat(3000);
    assert_eq!(natural(&format!("a'{marks}b")), "a\nb\n");
    // Connectors before a letter.
    let connectors = "_".repeat(4096);
    assert_eq!(
        natural(&format!("{connectors}a")),
        format!("{connectors}a\n")
    );
    assert_eq!(natural(&format!("_{connectors}a")), "a\n");
    // The marks of one letter of a script without blanks.
    let long = format!("ก{}", "่".repeat(100_000));
    let found = natural_with(Options::default, long.as_bytes(), &[1000]);
    assert_eq!(
        shown(&found),
        shown(&natural_with(
            Options::default,
            long.as_bytes(),
            &[usize::MAX]
        ))
    );
    assert_eq!(shown(&found), format!("{long}|"));
    assert_eq!(natural("\u{E48}\u{E48}"), "");
}
