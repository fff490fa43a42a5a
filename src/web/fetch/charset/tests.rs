//! Texts of many charsets, in pieces of many sizes.

use super::*;
use proptest::prelude::*;

/// The whole text in pieces of `piece` bytes.
fn converted(content_type: &str, text: &[u8], piece: usize) -> Vec<u8> {
    let Some(mut charset) = Charset::new(Some(content_type)) else {
        return text.to_vec();
    };
    let mut out = Vec::new();
    for block in text.chunks(piece) {
        out.extend_from_slice(charset.text(block, false));
    }
    out.extend_from_slice(charset.text(b"", true));
    out
}

#[track_caller]
fn check(content_type: &str, text: &[u8], expected: &str) {
    for piece in [1, 2, 3, 7, 4096] {
        let out = converted(content_type, text, piece);
        assert_eq!(
            String::from_utf8_lossy(&out),
            expected,
            "{content_type}, {piece}"
        );
    }
}

#[test]
fn a_byte_order_mark_wins() {
    check("text/plain", b"\xEF\xBB\xBFa\xC3\xA9", "aé");
    check("text/plain; charset=latin1", b"\xEF\xBB\xBFa\xC3\xA9", "aé");
    check("text/plain; charset=utf-8", b"\xFF\xFEa\0\xE9\0", "aé");
    check("text/html", b"\xFE\xFF\0a\0\xE9", "aé");
    check("application/json", b"\xFF\xFE{\0}\0", "{}");
    // Only at the start, and only the whole of it.
    check("text/plain", b"a\xEF\xBB\xBFb", "a\u{FEFF}b");
    check("text/plain; charset=latin1", b"\xEF\xBB", "ï»");
    check("text/plain", b"na\xEFve", "naïve");
}

#[test]
fn then_the_header() {
    check(
        "text/plain; charset=ISO-8859-1",
        b"caf\xE9 \x93q\x94",
        "café “q”",
    );
    check(
        "TEXT/HTML;Charset=\"windows-1251\"",
        b"\xEF\xF0\xE8\xE2\xE5\xF2",
        "привет",
    );
    check(
        "text/html; charset=koi8-r",
        b"<meta charset=utf-8>\xD0",
        "<meta charset=utf-8>п",
    );
    check(
        "text/plain; charset=shift_jis",
        b"\x83\x65\x83X\x83g",
        "テスト",
    );
    check("text/plain; charset=utf-16be", b"\0a\0\xE9", "aé");
    check(
        "text/plain; charset=iso-2022-jp",
        b"a\x1B$B%F\x1B(Bb",
        "aテb",
    );
    check("text/plain; charset=nonsense", b"\xE9", "é");
    check("text/plain; charset=utf-8", b"\xE9a", "\u{FFFD}a");
}

#[test]
fn then_the_document() {
    check(
        "text/html",
        b"<meta charset=koi8-r>\xD0",
        "<meta charset=koi8-r>п",
    );
    check(
        "text/html",
        b"\xD0<meta charset=koi8-r>",
        "п<meta charset=koi8-r>",
    );
    let equiv = "<META http-equiv='content-type' content='text/html; charset=koi8-r'>";
    check(
        "text/html",
        &[equiv.as_bytes(), b"\xD0"].concat(),
        &format!("{equiv}п"),
    );
    check(
        "text/html",
        b"<meta charset=utf-16>\xC3\xA9",
        "<meta charset=utf-16>é",
    );
    check(
        "text/html",
        b"<meta charset=iso-2022-jp>\x1B$B%F",
        "<meta charset=iso-2022-jp>テ",
    );
    let late = format!("{}<meta charset=koi8-r>", " ".repeat(declared::HEAD));
    check(
        "text/html",
        &[late.as_bytes(), b"\xE9"].concat(),
        &format!("{late}é"),
    );
    let xml = "<?xml version='1.0' encoding='koi8-r'?>";
    check(
        "image/svg+xml",
        &[xml.as_bytes(), b"\xD0"].concat(),
        &format!("{xml}п"),
    );
    check(
        "text/html",
        &[xml.as_bytes(), b"\xD0"].concat(),
        &format!("{xml}п"),
    );
    check(
        "text/plain",
        &[xml.as_bytes(), b"\xE9"].concat(),
        &format!("{xml}é"),
    );
}

// case fetch-1
#[test]
fn binary_files_under_a_label_of_text() {
    let gzip = b"\x1F\x8B\x08\x00\xFF\xFE\xE9\x80";
    let png = [b"\x89PNG\r\n\x1A\n".as_slice(), &[0xE9; 2000]].concat();
    for bytes in [&gzip[..], &png] {
        for label in [
            "text/plain",
            "text/plain; charset=iso-8859-1",
            "text/plain; charset=ISO-8859-1",
            "text/html",
            "text/csv",
        ] {
            for piece in [1, 5, 4096] {
                assert!(converted(label, bytes, piece) == bytes, "{label} {piece}");
            }
        }
        // A charset other than the default is accepted.
        assert!(converted("text/plain; charset=koi8-r", bytes, 4096) != bytes);
    }
    // Later bytes are not sniffed, and text with a byte order mark is UTF-16.
    let late = [&[b'a'; 1445][..], b"\x00\xE9"].concat();
    for label in ["text/plain", "text/plain; charset=iso-8859-1"] {
        check(label, &late, &format!("{}\0é", "a".repeat(1445)));
        check(label, b"\xFF\xFEa\0\xE9\0", "aé");
        check(label, b"\x1B\x0C\t\r\n\xE9", "\x1B\x0C\t\r\né");
    }
}

// case fetch-11
#[test]
fn types_that_are_always_utf8() {
    for label in ["text/event-stream", "text/vcard; charset=latin1"] {
        let mut charset = Charset::new(Some(label)).unwrap();
        assert_eq!(charset.text(b"data: \xC3", false), b"data: \xC3");
        assert!(charset.is_unchanged());
    }
}

// case fetch-12
#[test]
fn utf16_by_its_xml_declaration_alone() {
    let text = "<?xml version='1.0' encoding='utf-16'?><a>é";
    let wide = text.encode_utf16();
    let little: Vec<u8> = wide.clone().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = wide.flat_map(u16::to_be_bytes).collect();
    for label in ["text/html", "application/xml", "image/svg+xml"] {
        check(label, &little, text);
        check(label, &big, text);
        check(label, b"<\0", "<\0");
    }
    check(
        "text/html; charset=utf-8",
        &little,
        &String::from_utf8_lossy(&little),
    );
}

#[test]
fn then_a_guess() {
    for html in ["text/html", "text/plain", "text/css"] {
        check(html, b"", "");
        check(html, b"plain", "plain");
        check(html, "aé€😀".as_bytes(), "aé€😀");
        check(html, b"a\xE9b", "aéb");
        check(html, b"a\xE9", "aé");
        check(html, b"5 \x80 caf\xE9", "5 € café");
        check(html, b"caf\xC3\xA9s caf\xE9s", "cafÃ©s cafés");
        check(
            html,
            &["ééééé".as_bytes(), b"\xFF"].concat(),
            "ééééé\u{FFFD}",
        );
        check(
            html,
            b"\xF0\xD2\xC9\xD7\xC5\xD4, \xCD\xC9\xD2",
            "Привет, мир",
        );
    }
    check("application/json", b"\"\xE9\"", "\"\u{FFFD}\"");
    check("application/xml", b"<a>\xC3\xA9", "<a>é");
}

#[test]
fn other_types_than_text() {
    for content_type in [
        "image/png",
        "application/octet-stream; charset=latin1",
        "",
        ";",
    ] {
        assert!(Charset::new(Some(content_type)).is_none());
    }
    assert!(Charset::new(None).is_none());
}

// case web-6
#[test]
fn the_charset_is_known_once_it_is_found() {
    let named = |label: &str| UrlCharset::named(label.as_bytes()).unwrap();
    let mut declared = Charset::new(Some("text/html; charset=koi8-r")).unwrap();
    assert_eq!(declared.found(), Found::Nothing);
    declared.text(b"<p>a", false);
    assert_eq!(declared.found(), Found::Declared(named("koi8-r")));
    let mut marked = Charset::new(Some("text/html")).unwrap();
    marked.text(b"\xFF\xFEa\0", false);
    assert_eq!(marked.found(), Found::Declared(UrlCharset::UTF_8));
    let mut meta = Charset::new(Some("text/html")).unwrap();
    meta.text(b"<title>", false);
    assert_eq!(meta.found(), Found::Nothing);
    meta.text(b"t</title><meta charset=big5>", false);
    assert_eq!(meta.found(), Found::Declared(named("big5")));
    let mut guessed = Charset::new(Some("text/html")).unwrap();
    guessed.text(&[b' '; declared::HEAD], false);
    assert_eq!(guessed.found(), Found::Guessed(UrlCharset::UTF_8));
    guessed.text(b"\xF0\xD2\xC9\xD7\xC5\xD4, \xCD\xC9\xD2", true);
    assert_eq!(guessed.found(), Found::Guessed(named("koi8-u")));
}

#[test]
fn ascii_is_never_buffered() {
    let mut page = Charset::new(Some("text/html")).unwrap();
    assert_eq!(page.text(b"<p>a", false), b"<p>a");
    assert_eq!(page.text(b"b\xE9c", false), b"b");
    assert_eq!(page.text(b"d", false), b"");
    assert_eq!(
        page.text(b"<meta charset=latin1>", false),
        "écd<meta charset=latin1>".as_bytes()
    );
    assert_eq!(page.text(b"\xE9", false), "é".as_bytes());

    let mut text = Charset::new(Some("text/plain")).unwrap();
    assert_eq!(text.text("aéé".as_bytes(), false), b"a");
    assert_eq!(text.text(b"b\xC3", false), b"");
    assert_eq!(
        text.text("\u{E9}é".as_bytes()[1..].as_ref(), false),
        "éébéé".as_bytes()
    );
    let mut text = Charset::new(Some("text/plain")).unwrap();
    assert_eq!(text.text(b"\xE9t\xE9", false), b"");
    assert_eq!(text.text(b"", true), "été".as_bytes());
}

proptest! {
    #[test]
    fn pieces_make_no_difference(
        text in prop::collection::vec(prop_oneof![
            Just(b"<".to_vec()), Just(b"<meta charset=koi8-r>".to_vec()), Just(b"<!--".to_vec()),
            Just(b"-->".to_vec()), Just(b"a b".to_vec()), Just("é".as_bytes().to_vec()),
            Just(b"\xE9".to_vec()), Just(b"\x1B".to_vec()), Just(b"\xEF\xBB\xBF".to_vec()),
            Just(b"\xFF\xFE".to_vec()), Just(b"<?xml encoding='latin2'?>".to_vec()),
            Just(vec![b' '; 300]),
        ], 0..12),
        content_type in prop_oneof![
            Just("text/html"), Just("text/xml"), Just("text/plain"), Just("text/json"),
            Just("text/plain; charset=utf-16le"), Just("text/html; charset=iso-2022-jp"),
            Just("image/png"),
        ],
        piece in 1..40usize,
    ) {
        let text = text.concat();
        let whole = converted(content_type, &text, text.len().max(1));
        prop_assert_eq!(converted(content_type, &text, piece), whole);
    }
}
