//! Text of any charset to UTF-8.
//!
//! Which charset it is, in this order, the first that says something wins:
//!
//! 1. a byte order mark (UTF-8, UTF-16), which is not text and is left out;
//! 2. `charset=` in the content type;
//! 3. in HTML, `<meta charset>` or `<meta http-equiv="Content-Type">` within
//!    the first 1,024 bytes, found by the prescan of the WHATWG's HTML
//!    standard, 13.2.3.2; in XML (and HTML, behind that), `encoding=` in the
//!    XML declaration;
//! 4. JSON and XML are UTF-8 by their own standards;
//! 5. in HTML and other text, what the text looks like: UTF-8 if it is
//!    well-formed, else what a detector makes of it (`guess`).
//!
//! The answer never depends on how the network cut the text into pieces. And
//! it is never waited for longer than need be: ASCII is the same in every
//! charset that 3 to 5 can find, so it is handed on at once; only from the
//! first other byte on the text is held, until the question is settled: after
//! four characters beyond ASCII if they are UTF-8, else after 4 KiB. Where a
//! `<meta>` may still come, the first 1,024 bytes are waited for.
//!
//! Text that is UTF-8 is handed on as it is, with what may be malformed in it.
//! In other charsets malformed bytes become U+FFFD. Content types that are not
//! text are not touched at all; and neither is a binary file whose label says text
//! (`sniff`), unless it declares a charset other than ISO-8859-1, which servers do unasked.

use crate::web::html::Charset as UrlCharset;
use crate::web::html::address::Found;
pub(super) use content_type::extract;
use content_type::parse_content_type;
use declared::{Verdict, declaration};
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8};
use guess::Guess;
use sniff::Sniff;

pub(crate) mod content_type;
mod declared;
mod guess;
pub(crate) mod prescan;
mod sniff;

/// What kind of text a content type stands for: where its charset may be declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Html,
    Xml,
    Json,
    Text,
    /// Text that is UTF-8, whatever the header says: by HTML (event streams) and RFC 6350, 5545.
    Utf8,
}

impl Kind {
    /// None if the type is no text. `essence` is in lower case, without parameters.
    fn of(essence: &str) -> Option<Kind> {
        match essence {
            "text/html" => Some(Kind::Html),
            "text/event-stream" | "text/vtt" | "text/vcard" | "text/calendar" => Some(Kind::Utf8),
            "text/xml" | "application/xml" => Some(Kind::Xml),
            "application/json" | "text/json" => Some(Kind::Json),
            "application/javascript" | "application/ecmascript" | "application/x-javascript" => {
                Some(Kind::Text)
            }
            _ if essence.ends_with("+xml") => Some(Kind::Xml),
            _ if essence.ends_with("+json") => Some(Kind::Json),
            _ if essence.starts_with("text/") => Some(Kind::Text),
            _ => None,
        }
    }
}

/// The conversion of one text, block by block.
pub(crate) struct Charset {
    kind: Kind,
    /// From the content type.
    declared: Option<&'static Encoding>,
    /// The declaration is one that servers make of anything.
    is_doubtful: bool,
    sniff: Sniff,
    state: State,
    found: Found,
    /// What the last block came out as, where that is not the block itself.
    out: Vec<u8>,
}

enum State {
    /// Not settled yet. `head` is the text from its first byte on, of which
    /// `given` bytes were handed on.
    Declaration { head: Vec<u8>, given: usize },
    /// Nothing is declared: the looks of the text decide.
    Undeclared(Guess),
    /// The declaration is doubtful: text from the first byte on that is not ASCII is held.
    Doubtful(&'static Encoding, Vec<u8>),
    /// It is UTF-8, or no text.
    Same,
    /// It is something else.
    Other(Decoder),
}

impl Charset {
    /// The conversion that a text of this content type needs; none, if it is no text.
    pub(crate) fn new(content_type: Option<&str>) -> Option<Charset> {
        let (essence, label) = parse_content_type(content_type?);
        let head = Vec::new();
        let is_latin = |label: &String| label.eq_ignore_ascii_case("iso-8859-1");
        Some(Charset {
            kind: Kind::of(&essence)?,
            is_doubtful: essence == "text/plain" && label.as_ref().is_some_and(is_latin),
            sniff: Sniff::default(),
            declared: label.and_then(|label| Encoding::for_label_no_replacement(label.as_bytes())),
            state: State::Declaration { head, given: 0 },
            found: Found::Nothing,
            out: Vec::new(),
        })
    }

    /// What is known of the charset by now.
    pub(super) fn found(&self) -> Found {
        self.found
    }

    /// Takes the next block of the text and gives what is certain by now, in
    /// UTF-8. With the text's end (`last`) that is all of it.
    pub(crate) fn text<'a>(&'a mut self, block: &'a [u8], last: bool) -> &'a [u8] {
        self.text_and_charset(block, last).0
    }

    /// The same, and what is known of the charset behind this block.
    pub(super) fn text_and_charset<'a>(
        &'a mut self,
        block: &'a [u8],
        last: bool,
    ) -> (&'a [u8], Found) {
        let text = match self.converts(block, last) {
            true => &self.out,
            false => block,
        };
        (text, self.found)
    }

    /// Converts the next block to `out`, unless it stays as it is.
    fn converts(&mut self, block: &[u8], last: bool) -> bool {
        self.out.clear();
        self.sniff.more(block);
        if let State::Undeclared(guess) = &mut self.state
            && guess.is_ascii_still(block)
        {
            return false;
        }
        match &mut self.state {
            State::Declaration { head, .. } => {
                head.extend_from_slice(block);
                self.settle(last);
            }
            State::Undeclared(_) => self.guess(block, last),
            State::Doubtful(..) => self.doubt(block, last),
            State::Other(decoder) => {
                decode(decoder, block, last, &mut self.out);
            }
            State::Same => return false,
        }
        true
    }

    /// Whether nothing is left to be done: the rest of the text is handed on as it is.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.state, State::Same)
    }

    /// Looks for a declaration, as far as the head allows, and gives what is certain.
    fn settle(&mut self, last: bool) {
        let State::Declaration { head, given } = &mut self.state else {
            return;
        };
        match declaration(head, self.kind, self.declared, last) {
            Verdict::Is(encoding, mark) => {
                let rest = head.split_off(mark.max(*given));
                self.found = Found::Declared(UrlCharset::new(encoding));
                if self.is_doubtful && mark == 0 {
                    self.state = State::Doubtful(encoding, Vec::new());
                    self.doubt(&rest, last);
                } else {
                    self.go_on(encoding, &rest, last);
                }
            }
            Verdict::Undeclared => {
                let rest = head.split_off(*given);
                self.state = State::Undeclared(Guess::new(head));
                self.found = Found::Guessed(UrlCharset::UTF_8);
                self.guess(&rest, last);
            }
            // Only where every candidate reads ASCII as ASCII does a part of it go out.
            Verdict::Open if self.declared.is_some() => {}
            Verdict::Held => {}
            Verdict::Open => {
                let rest = &head[*given..];
                let plain = rest.iter().take_while(|&&byte| is_plain(byte)).count();
                self.out.extend_from_slice(&rest[..plain]);
                *given += plain;
            }
        }
    }

    /// Goes by the looks of the text, and gives what is certain.
    fn guess(&mut self, text: &[u8], last: bool) {
        if let State::Undeclared(guess) = &mut self.state
            && let Some((encoding, rest)) = guess.more(text, last, &mut self.out)
        {
            // By then all is looked at that counts.
            let encoding = if self.sniff.is_binary() {
                UTF_8
            } else {
                encoding
            };
            self.found = Found::Guessed(UrlCharset::new(encoding));
            self.go_on(encoding, &rest, last);
        }
    }

    /// Gives what is the same in any charset, until it is known whether it is text.
    fn doubt(&mut self, mut text: &[u8], last: bool) {
        let State::Doubtful(encoding, held) = &mut self.state else {
            return;
        };
        if held.is_empty() {
            let (ascii, rest) = text.split_at(Encoding::ascii_valid_up_to(text));
            self.out.extend_from_slice(ascii);
            text = rest;
        }
        held.extend_from_slice(text);
        if last || self.sniff.is_done() {
            let (encoding, rest) = (*encoding, std::mem::take(held));
            let encoding = if self.sniff.is_binary() {
                UTF_8
            } else {
                encoding
            };
            self.go_on(encoding, &rest, last);
        }
    }

    /// The charset is known: the rest of the text is read in it.
    fn go_on(&mut self, encoding: &'static Encoding, rest: &[u8], last: bool) {
        if encoding == UTF_8 {
            self.state = State::Same;
            self.out.extend_from_slice(rest);
        } else {
            let mut decoder = encoding.new_decoder_without_bom_handling();
            decode(&mut decoder, rest, last, &mut self.out);
            self.state = State::Other(decoder);
        }
    }
}

/// Reads `text` in the decoder's charset and appends it to `out` in UTF-8.
fn decode(decoder: &mut Decoder, mut text: &[u8], last: bool, out: &mut Vec<u8>) {
    loop {
        let start = out.len();
        // Three bytes for one are the most there can be, and the decoder may still owe some.
        out.resize(start + 3 * text.len() + 16, 0);
        let (result, read, written, _) = decoder.decode_to_utf8(text, &mut out[start..], last);
        out.truncate(start + written);
        text = &text[read..];
        if result == CoderResult::InputEmpty {
            return;
        }
    }
}

/// True for bytes that mean themselves, in the initial state of any charset
/// that an HTML page can declare: not the escapes of ISO-2022-JP.
fn is_plain(byte: u8) -> bool {
    byte < 0x80 && !matches!(byte, 0x0E | 0x0F | 0x1B)
}

/// The media type that a content type begins with.
pub(super) fn media_type(content_type: &str) -> String {
    parse_content_type(content_type).0
}

#[cfg(test)]
mod tests {
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
            // One that says more is believed.
            assert!(converted("text/plain; charset=koi8-r", bytes, 4096) != bytes);
        }
        // What comes late may be anything, and a mark makes it UTF-16.
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
            assert!(charset.is_over());
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
    fn then_the_looks_of_the_text() {
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
    fn what_is_no_text_is_not_touched() {
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
    fn ascii_is_never_held() {
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
}
