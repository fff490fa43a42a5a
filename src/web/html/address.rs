//! From a URL in a page to the absolute URL.
//!
//! [`parse`] is the URL standard's parser: the crate `url`, and two rules that it does not
//! implement. The query of a URL is encoded in the [`Charset`] of its page, and any number
//! of slashes may precede a host.

use encoding_rs::{EncoderResult, Encoding};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write as _;
use url::{ParseError, Url};

/// The charset of a page, in which the queries of its URLs are encoded. UTF-8 by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Charset(Option<&'static Encoding>);

impl Charset {
    /// UTF-8.
    pub const UTF_8: Charset = Charset(None);

    /// The charset of a page in this encoding. URLs in UTF-16 and in the
    /// replacement encoding are UTF-8 (Encoding standard, "get an output encoding").
    pub(crate) fn new(encoding: &'static Encoding) -> Charset {
        let encoding = encoding.output_encoding();
        Charset((encoding != encoding_rs::UTF_8).then_some(encoding))
    }

    /// The charset of this label (Encoding standard, 4.2), such as `windows-1251`
    /// or `latin1`; `None` if there is no such charset.
    pub fn named(label: &[u8]) -> Option<Charset> {
        Encoding::for_label(label).map(Charset::new)
    }

    /// Its name, as the Encoding standard writes it.
    pub fn name(self) -> &'static str {
        self.0.unwrap_or(encoding_rs::UTF_8).name()
    }
}

/// The charset of a page that is being read, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A declaration may still come.
    Nothing,
    /// It is declared.
    Declared(Charset),
    /// It is not declared. This is a guess from the text; UTF-8 while all of it is ASCII.
    Guessed(Charset),
}

impl Found {
    /// The charset; UTF-8 until it is found.
    pub fn charset(self) -> Charset {
        match self {
            Found::Nothing => Charset::UTF_8,
            Found::Declared(charset) | Found::Guessed(charset) => charset,
        }
    }
}

/// The absolute URL for these bytes in a page with this base URL.
///
/// The query is encoded in the page's charset (URL standard, 4.4, "query state");
/// characters that it does not have become `%26%23N%3B`. The rest is UTF-8.
pub fn parse(bytes: &[u8], base: Option<&Url>, charset: Charset) -> Result<Url, ParseError> {
    let mut text = text(bytes);
    if let Some(scheme) = base.and_then(|base| before_slashes(base, &text)) {
        text = format!("{scheme}:{}", trim_start(&text));
    }
    let options = Url::options().base_url(base);
    let Some(encoding) = charset.0 else {
        return options.parse(&text);
    };
    // The parser drops these, but encodes the pieces between them one by one.
    text.retain(|c| !is_dropped(c));
    options
        .encoding_override(Some(&|query| Cow::Owned(encode(query, encoding))))
        .parse(&text)
}

/// The scheme of the base, for a URL with a host and without a scheme, as `//host`,
/// `\\host` or `///host`. In the last one, the crate `url` finds an empty host; after a
/// scheme, it skips all slashes, as in the standard ("special authority ignore slashes
/// state").
fn before_slashes<'a>(base: &'a Url, text: &str) -> Option<&'a str> {
    let mut start = trim_start(text).chars().filter(|c| !is_dropped(*c));
    let mut is_slash = || matches!(start.next(), Some('/' | '\\'));
    let is_special = matches!(base.scheme(), "http" | "https" | "ws" | "wss" | "ftp");
    (is_special && is_slash() && is_slash()).then(|| base.scheme())
}

fn trim_start(text: &str) -> &str {
    text.trim_start_matches(|c| c <= ' ')
}

/// Whether the URL parser drops this character.
fn is_dropped(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r')
}

/// A query in this encoding. Characters that it does not have are
/// percent-encoded references (URL standard, "percent-encode after encoding").
fn encode(mut query: &str, encoding: &'static Encoding) -> Vec<u8> {
    let mut encoder = encoding.new_encoder();
    let mut bytes = Vec::new();
    loop {
        let most = encoder.max_buffer_length_from_utf8_without_replacement(query.len());
        bytes.reserve(most.unwrap_or(query.len()));
        let (result, read) =
            encoder.encode_from_utf8_to_vec_without_replacement(query, &mut bytes, true);
        query = &query[read..];
        match result {
            EncoderResult::InputEmpty => return bytes,
            EncoderResult::OutputFull => {}
            // Writing into a vector cannot fail.
            EncoderResult::Unmappable(c) => drop(write!(bytes, "%26%23{}%3B", u32::from(c))),
        }
    }
}

/// The bytes of a URL as text. Bytes that are not UTF-8 are percent-encoded, so a server
/// gets them unchanged.
pub fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing into a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[track_caller]
    fn check(label: &str, link: &str, expected: &str) {
        let base = Url::parse("http://host/dir/page").unwrap();
        let charset = Charset::named(label.as_bytes()).unwrap();
        let found = parse(link.as_bytes(), Some(&base), charset).unwrap();
        assert_eq!(found.as_str(), expected, "{label}: {link}");
    }

    // case web-6
    #[test]
    fn the_query_is_in_the_charset_of_the_page() {
        check(
            "windows-1251",
            "/п?q=привет&x='\"#п",
            "http://host/%D0%BF?q=%EF%F0%E8%E2%E5%F2&x=%27%22#%D0%BF",
        );
        check("latin1", "?ж€é", "http://host/dir/page?%26%231078%3B%80%E9");
        check("shift_jis", "?表", "http://host/dir/page?%95\\");
        check("gb18030", "?😀", "http://host/dir/page?%949%FC6");
        check(
            "iso-2022-jp",
            "?あ\tいx",
            "http://host/dir/page?%1B$B$%22$$%1B(Bx",
        );
        check(
            "iso-2022-jp",
            "?あéx",
            "http://host/dir/page?%1B$B$%22%1B(B%26%23233%3Bx",
        );
        // These encode nothing: URLs are UTF-8 there.
        for label in ["utf-8", "utf-16", "utf-16be", "replacement"] {
            check(label, "?é", "http://host/dir/page?%C3%A9");
        }
        // Neither is a URL of another scheme encoded.
        for link in ["ws://h/?", "mailto:?", "x://h/?"] {
            check("koi8-r", &format!("{link}é"), &format!("{link}%C3%A9"));
        }
        check("koi8-r", "ftp://h/?п", "ftp://h/?%D0");
    }

    #[test]
    fn charsets_have_names() {
        let charset = |label: &str| Charset::named(label.as_bytes());
        assert_eq!(charset(" CP1251 ").unwrap().name(), "windows-1251");
        assert_eq!(charset("utf8"), Some(Charset::UTF_8));
        assert_eq!(charset("utf-16").unwrap().name(), "UTF-8");
        assert_eq!(charset("nonsense"), None);
    }

    // case web-12
    #[test]
    fn any_number_of_slashes_stands_before_a_host() {
        for link in [
            "//h/x",
            "///h/x",
            "////h/x",
            "\\\\h/x",
            "/\\h/x",
            "\\/\\h/x",
            "//\\\\/h/x",
            " /\t//\nh/x",
            "http:///h/x",
            "http:/\\\\h/x",
        ] {
            check("utf-8", link, "http://h/x");
            check("koi8-r", link, "http://h/x");
        }
        let file = Url::parse("file:///a/b").unwrap();
        let found = parse(b"///h/x", Some(&file), Charset::UTF_8).unwrap();
        assert_eq!(found.as_str(), "file:///h/x");
        let other = Url::parse("other://a/b").unwrap();
        let found = parse(b"///h/x", Some(&other), Charset::UTF_8).unwrap();
        assert_eq!(found.as_str(), "other:///h/x");
        let base = Url::parse("https://host/").unwrap();
        for empty in ["//", "///", "\\\\?x", "///#x"] {
            let found = parse(empty.as_bytes(), Some(&base), Charset::UTF_8);
            assert_eq!(found, Err(ParseError::EmptyHost), "{empty}");
        }
    }

    /// A query in a charset without states, character by character.
    fn naive(query: &str, label: &str) -> String {
        let encoding = Encoding::for_label(label.as_bytes()).unwrap();
        let encoded = |c: char| {
            let text = c.to_string();
            let (bytes, _, failed) = encoding.encode(&text);
            if failed {
                return format!("%26%23{}%3B", u32::from(c));
            }
            let byte = |byte: &u8| match byte {
                b'!'..=b'~' if !b"\"#<>'".contains(byte) => char::from(*byte).to_string(),
                byte => format!("%{byte:02X}"),
            };
            bytes.iter().map(byte).collect()
        };
        query.chars().map(encoded).collect()
    }

    proptest! {
        #[test]
        fn queries_are_encoded_by_the_standard(
            query in "[^#\t\n\r]{0,12}|[а-яёé €あ表啤한& ]{0,12}",
            label in prop::sample::select(
                &["koi8-r", "windows-1251", "latin1", "gbk", "shift_jis", "euc-kr", "big5", "utf-16"][..]
            ),
        ) {
            let link = format!("/é?{query}#é");
            let base = Url::parse("https://h/x?y").unwrap();
            let charset = Charset::named(label.as_bytes()).unwrap();
            let url = parse(link.as_bytes(), Some(&base), charset).unwrap();
            let expected = format!("https://h/%C3%A9?{}#%C3%A9", naive(&query, label));
            prop_assert_eq!(url.as_str(), expected);
        }

        #[test]
        fn slashes_before_a_host_are_two(
            slashes in "[/\\\\]{2,6}",
            rest in vec(prop::sample::select(&["h", "/", "\\", ".", "@", ":", "?", "#", "é", " "][..]), 0..6),
            scheme in prop::sample::select(&["http", "https", "ws", "wss", "ftp"][..]),
        ) {
            let rest = rest.concat();
            let base = Url::parse(&format!("{scheme}://host/a/b?c")).unwrap();
            let found = parse((slashes + &rest).as_bytes(), Some(&base), Charset::UTF_8);
            let rest = rest.trim_start_matches(['/', '\\']);
            prop_assert_eq!(found, Url::parse(&format!("{scheme}://{rest}")));
        }
    }
}
