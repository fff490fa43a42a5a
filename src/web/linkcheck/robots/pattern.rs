//! The path of a rule of robots.txt, with `*` and `$` (RFC 9309, 2.2.2 and 2.2.3).
//!
//! Rules and paths are normalised before they are compared: unreserved characters are
//! decoded, other escapes get upper-case digits, and characters that URLs cannot have are
//! escaped. `*` in a path, and `$` except at the end of a rule, are escaped, too: they
//! are ordinary characters.
//!
//! Cost: each part between two `*` is searched for once, after the part before it.

use memchr::memmem;

/// The path of a rule.
#[derive(Debug)]
pub(super) struct Pattern {
    /// The parts between the `*`.
    parts: Vec<Vec<u8>>,
    /// The rule ends with `$`.
    is_anchored: bool,
    len: usize,
}

impl Pattern {
    /// Every text is a valid pattern.
    pub(super) fn new(text: &[u8]) -> Pattern {
        let (text, is_anchored) = match text.strip_suffix(b"$") {
            Some(text) => (text, true),
            None => (text, false),
        };
        let parts: Vec<_> = text.split(|&byte| byte == b'*').map(normal).collect();
        let len = parts.iter().map(Vec::len).sum::<usize>() + parts.len() - 1;
        Pattern {
            parts,
            is_anchored,
            len: len + usize::from(is_anchored),
        }
    }

    /// How specific it is: its length in bytes.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether a [`path`] matches: its beginning, or all of it if the rule ends with `$`.
    pub(super) fn matches(&self, path: &[u8]) -> bool {
        let Some((first, others)) = self.parts.split_first() else {
            return true;
        };
        let Some(mut rest) = path.strip_prefix(&first[..]) else {
            return false;
        };
        let Some((last, middle)) = others.split_last() else {
            return !self.is_anchored || rest.is_empty();
        };
        // The first match leaves the most text for the other parts.
        let mut skip = |part: &[u8]| {
            let found = memmem::find(rest, part);
            found.is_some_and(|at| {
                rest = &rest[at + part.len()..];
                true
            })
        };
        if !middle.iter().all(|part| skip(part)) {
            return false;
        }
        match self.is_anchored {
            true => rest.ends_with(last),
            false => skip(last),
        }
    }
}

/// The path and query of a URL, normalised.
pub(super) fn path(text: &str) -> Vec<u8> {
    normal(text.as_bytes())
}

/// Normalises a path. Every `*` and `$` is escaped.
fn normal(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = match after {
            &[high, low, ..] if byte == b'%' => hex(high).zip(hex(low)),
            _ => None,
        };
        let byte = match escaped {
            Some((high, low)) => {
                rest = &after[2..];
                let byte = high << 4 | low;
                if !byte.is_ascii_alphanumeric() && !b"-._~".contains(&byte) {
                    escape(byte, &mut out);
                    continue;
                }
                byte
            }
            None => {
                rest = after;
                byte
            }
        };
        match byte.is_ascii_graphic() && !b"\"$%*<>\\^`{|}".contains(&byte) {
            true => out.push(byte),
            false => escape(byte, &mut out),
        }
    }
    out
}

fn hex(digit: u8) -> Option<u8> {
    Some((digit as char).to_digit(16)? as u8)
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(percent_encoding::percent_encode_byte(byte).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(rule: &str, url: &str) -> bool {
        Pattern::new(rule.as_bytes()).matches(&path(url))
    }

    /// The examples of RFC 9309 and of Google's documentation.
    #[test]
    fn examples() {
        for (rule, yes, no) in [
            ("/", "/ /a /?q", ""),
            (
                "/fish",
                "/fish /fish.html /fish/x /fishheads",
                "/Fish /cat /?id=fish",
            ),
            (
                "/fish*",
                "/fish /fish.html /fishheads/y.html?id=a",
                "/Fish.asp /catfish",
            ),
            ("/fish/", "/fish/ /fish/?id=a /fish/x", "/fish /fish.html"),
            ("/*.php", "/x.php /a/b.php?c /x.php5 /x.php/y", "/ /x.PHP"),
            ("/*.php$", "/x.php /a/b.php", "/x.php?c /x.php/ /x.php5"),
            ("/fish*.php", "/fish.php /fishheads/cat.php?x", "/Fish.PHP"),
            (
                "/this/*/exactly",
                "/this/a/exactly /this/a/b/exactly/c",
                "/this/exactly",
            ),
            ("/x$", "/x", "/x/ /x?y"),
            ("*", "/ /x", ""),
            ("*$", "/ /x", ""),
            ("/a*b*a$", "/aba /abba /axbxbxa", "/ab /abab /ba"),
            ("/a*a$", "/aa /aaa", "/a"),
        ] {
            for url in yes.split(' ') {
                assert!(matches(rule, url), "{rule} {url}");
            }
            for url in no.split(' ').filter(|url| !url.is_empty()) {
                assert!(!matches(rule, url), "{rule} {url}");
            }
        }
    }

    // case web-9
    #[test]
    fn escapes_are_compared_in_one_form() {
        for (rule, url) in [
            ("/%7Ejoe/", "/~joe/x"),
            ("/~joe/", "/%7ejoe/"),
            ("/x%c3%a4", "/x%C3%A4"),
            ("/xä", "/x%c3%a4"),
            ("/foo/bar/%62%61%7A", "/foo/bar/baz"),
            ("/a%2fb", "/a%2Fb"),
            ("/a b", "/a%20b"),
            ("/x{y}", "/x%7By%7d"),
            ("/100%", "/100%"),
            // RFC 9309, 2.2.3.
            ("/path/file-with-a-%2A.html", "/path/file-with-a-*.html"),
            ("/path/foo-%24", "/path/foo-$"),
        ] {
            assert!(matches(rule, url), "{rule} {url}");
        }
        assert!(!matches("/a%2Fb", "/a/b") && !matches("/%2A", "/x"));
    }

    // case web-19
    #[test]
    fn a_dollar_is_special_at_the_end_only() {
        assert!(matches("/price$list/", "/price$list/x"));
        assert!(matches("/price$list/", "/price%24list/x"));
        assert!(!matches("/price$list/", "/price"));
        assert!(matches("/a$$", "/a$") && !matches("/a$$", "/a$b"));
    }

    // case web-18
    #[test]
    fn no_rule_takes_long() {
        let rule = "/*a".repeat(10_000) + "$";
        let url = "/a".repeat(9_999) + "/b";
        let begun = std::time::Instant::now();
        for _ in 0..100 {
            assert!(!matches(&rule, &url));
        }
        assert!(begun.elapsed().as_secs() < 10);
    }

    /// By definition, on text in its one form but for `*` and `$`.
    fn naive(rule: &[u8], path: &[u8]) -> bool {
        match rule {
            [] => true,
            b"$" => path.is_empty(),
            [b'*', rest @ ..] => (0..=path.len()).any(|n| naive(rest, &path[n..])),
            [byte, rest @ ..] => path.first() == Some(byte) && naive(rest, &path[1..]),
        }
    }

    proptest! {
        #[test]
        fn as_by_definition(rule in "/[ab/*]{0,9}[$]?", path in "/[ab/]{0,12}") {
            prop_assert_eq!(matches(&rule, &path), naive(rule.as_bytes(), path.as_bytes()));
        }

        #[test]
        fn the_one_form_is_one(text: Vec<u8>) {
            let once = normal(&text);
            prop_assert_eq!(normal(&once), once);
        }

        #[test]
        fn no_text_is_too_odd(rule: Vec<u8>, url in "\\PC{0,50}") {
            let _ = Pattern::new(&rule).matches(&path(&url));
        }

        /// Escaping changes nothing.
        #[test]
        fn escaped_or_not(text in "/[a-z~./-]{0,20}", which in prop::collection::vec(any::<bool>(), 21)) {
            let escaped: String = (text.chars().zip(&which))
                .map(|(c, &escape)| match escape && c != '/' {
                    true => format!("%{:02x}", c as u32),
                    false => c.to_string(),
                })
                .collect();
            prop_assert!(matches(&text, &escaped) && matches(&escaped, &text));
        }
    }
}
