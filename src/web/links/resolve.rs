//! From what stands in a page to an absolute URL.
//!
//! [`address::parse`] does it by the book (WHATWG URL standard), in some 340 ns.
//! Nearly all links are of a kind for which the book comes to joining two
//! strings: characters that are never escaped, no dots but `../` in front. For
//! these, that is what is done, in a tenth of the time; a property test holds
//! the one to the other.

use crate::web::html::address::{self, Charset};
use crate::web::html::head;
use url::{ParseError, Position, Url};

/// Resolves links of one page, one after the other.
#[derive(Debug)]
pub struct Resolver {
    base: Option<Url>,
    quick: Option<Quick>,
    /// The last one, without its fragment.
    url: String,
    /// Its fragment, if it has one.
    fragment: Option<String>,
    spare: String,
}

/// A base against which most relative links are quickly resolved.
#[derive(Debug)]
struct Quick {
    /// It, without query and fragment.
    path: String,
    /// It, without a fragment.
    query: String,
    /// Where its path begins and its last segment.
    root: usize,
    last: usize,
    is_file: bool,
}

impl Quick {
    fn new(base: &Url) -> Option<Self> {
        let is_file = base.scheme() == "file";
        if !is_file && !matches!(base.scheme(), "http" | "https") {
            return None;
        }
        // What may be a drive's letter has rules of its own, and so have hosts of files.
        if is_file && (base.has_host() || base.path().contains([':', '|'])) {
            return None;
        }
        let path = base[..Position::AfterPath].to_string();
        Some(Quick {
            query: base[..Position::AfterQuery].to_string(),
            root: base[..Position::BeforePath].len(),
            last: path.rfind('/')? + 1,
            path,
            is_file,
        })
    }

    /// Appends the absolute URL of a plain relative one to `url`; `None` if
    /// that must be found by the book. `link` has no fragment.
    fn resolve(&self, link: &str, url: &mut String) -> Option<()> {
        let bytes = link.as_bytes();
        let Some(&first) = bytes.first() else {
            url.push_str(&self.query);
            return Some(());
        };
        let query = memchr::memchr(b'?', bytes).unwrap_or(bytes.len());
        let mut before = if first == b'/' { 0 } else { b'/' };
        let mut dots = false;
        let mut start = 0;
        let mut directory = self.last;
        match first {
            b'?' => directory = self.path.len(),
            b'/' => {
                directory = self.root;
                if bytes.get(1) == Some(&b'/') {
                    return None;
                }
            }
            b'.' => {
                let mut rest = bytes;
                loop {
                    if let Some(after) = rest.strip_prefix(b"../") {
                        rest = after;
                        let above = &self.path.as_bytes()[self.root..directory - 1];
                        if let Some(slash) = memchr::memrchr(b'/', above) {
                            directory = self.root + slash + 1;
                        }
                    } else if let Some(after) = rest.strip_prefix(b"./") {
                        rest = after;
                    } else {
                        break;
                    }
                }
                start = bytes.len() - rest.len();
            }
            _ => {}
        }
        let mut colon = false;
        if start > 0 && bytes.get(start) == Some(&b'/') {
            return None;
        }
        let path = bytes.get(start..query)?;
        for &byte in path {
            if !PLAIN[byte as usize] {
                return None;
            }
            colon |= byte == b':';
            dots |= before == b'/' && (byte == b'.' || self.is_file && byte == b'/');
            before = byte;
        }
        if dots || !bytes[query..].iter().all(|&byte| PLAIN[byte as usize]) {
            return None;
        }
        // A scheme, or a drive's letter.
        if colon
            && (self.is_file || memchr::memchr2(b'/', b':', path).is_none_or(|i| path[i] == b':'))
        {
            return None;
        }
        url.push_str(&self.path[..directory]);
        url.push_str(&link[start..]);
        Some(())
    }
}

/// The characters that stand for themselves wherever they are in a path, a
/// query or a fragment. `%` is none of them, since `%2e` is a dot.
static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let others = b"-._~!$&()*+,;=@/:?";
    let mut i = 0;
    while i < 128 {
        plain[i] = (i as u8).is_ascii_alphanumeric();
        i += 1;
    }
    let mut i = 0;
    while i < others.len() {
        plain[others[i] as usize] = true;
        i += 1;
    }
    plain
};

impl Resolver {
    /// With the URL of the page, if that is known.
    pub fn new(base: Option<Url>) -> Self {
        Resolver {
            quick: base.as_ref().and_then(Quick::new),
            base,
            url: String::new(),
            fragment: None,
            spare: String::new(),
        }
    }

    /// Takes another base, which may be relative to the one so far. One that
    /// nothing can be relative to changes nothing (HTML standard, 4.2.3).
    pub fn rebase(&mut self, href: &[u8], charset: Charset) -> Result<Option<&Url>, ParseError> {
        let Some(url) = head::base(href, self.base.as_ref(), charset)? else {
            return Ok(None);
        };
        self.quick = Quick::new(&url);
        Ok(Some(self.base.insert(url)))
    }

    /// Resolves a link of a page in this charset. Blanks at both ends are stripped.
    pub fn resolve(&mut self, link: &[u8], charset: Charset) -> Result<(), ParseError> {
        self.url.clear();
        if let Some(fragment) = self.fragment.take() {
            self.spare = fragment;
        }
        if self.quickly(link).is_some() {
            return Ok(());
        }
        self.url.clear();
        self.fragment = None;
        let mut url = address::parse(link, self.base.as_ref(), charset)?;
        self.fragment = url.fragment().map(str::to_string);
        url.set_fragment(None);
        self.url = url.into();
        Ok(())
    }

    /// What is plain is ASCII, and ASCII is the same in all charsets.
    fn quickly(&mut self, link: &[u8]) -> Option<()> {
        let quick = self.quick.as_ref()?;
        let link = std::str::from_utf8(link).ok()?;
        let (link, fragment) = match memchr::memchr(b'#', link.as_bytes()) {
            Some(i) => (&link[..i], Some(&link[i + 1..])),
            None => (link, None),
        };
        quick.resolve(link, &mut self.url)?;
        if let Some(fragment) = fragment {
            let is_plain = |byte: u8| PLAIN[byte as usize] || byte == b'%';
            if !fragment.bytes().all(is_plain) {
                return None;
            }
            let mut text = std::mem::take(&mut self.spare);
            text.clear();
            text.push_str(fragment);
            self.fragment = Some(text);
        }
        Some(())
    }

    /// The last link that was resolved: its URL without a fragment, and that.
    pub fn resolved(&self) -> (&str, Option<&str>) {
        (&self.url, self.fragment.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde_json::Value;

    /// By the book.
    fn naive(
        base: &str,
        link: &str,
        charset: Charset,
    ) -> Result<(String, Option<String>), ParseError> {
        let base = Url::parse(base).unwrap();
        let mut url = address::parse(link.as_bytes(), Some(&base), charset)?;
        let fragment = url.fragment().map(str::to_string);
        url.set_fragment(None);
        Ok((url.into(), fragment))
    }

    fn resolved(
        base: &str,
        link: &str,
        charset: Charset,
    ) -> Result<(String, Option<String>), ParseError> {
        let mut resolver = Resolver::new(Some(Url::parse(base).unwrap()));
        // Nothing of the link before may be left.
        resolver.resolve(b"before?x#y", charset).ok();
        resolver.resolve(link.as_bytes(), charset)?;
        let (url, fragment) = resolver.resolved();
        Ok((url.to_string(), fragment.map(str::to_string)))
    }

    #[test]
    fn the_tests_of_the_standard() {
        let tests = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/data/urls.jsonl"
        ));
        let (mut right, mut wrong) = (0, 0);
        for line in tests.lines() {
            let test: Value = serde_json::from_str(line).unwrap();
            let base = test["base"].as_str().map(Url::parse).transpose();
            let Ok(base) = base else { continue };
            let input = test["input"].as_str().unwrap();
            let mut by_the_book = address::parse(input.as_bytes(), base.as_ref(), Charset::UTF_8);
            let expected = by_the_book.clone().ok().map(String::from);
            // Where the crate url is wrong itself, we are, too.
            match expected.as_deref() == test["href"].as_str() {
                true => right += 1,
                false => wrong += 1,
            }
            if let Ok(url) = &mut by_the_book {
                url.set_fragment(None);
            }
            let mut resolver = Resolver::new(base);
            let found = resolver.resolve(input.as_bytes(), Charset::UTF_8);
            let found = found.map(|()| resolver.resolved().0.to_string());
            assert_eq!(found, by_the_book.map(String::from), "{line}");
        }
        assert!(right >= 750 && wrong <= 40, "{right} right, {wrong} wrong");
    }

    // case web-12
    #[test]
    fn slashes_before_a_host() {
        for link in ["//h/x", "///h/x", "\\\\\\h/x", "/\\/h/x"] {
            let (url, _) = resolved("https://host/a/b", link, Charset::UTF_8).unwrap();
            assert_eq!(url, "https://h/x", "{link}");
        }
    }

    const BASES: &[&str] = &[
        "http://host/",
        "https://user:pw@host:81/a/b/c.html?q=1#f",
        "http://host/a/b/",
        "http://host/a//b//c",
        "http://host/;x/@y/:z",
        "file:///",
        "file:///a/b/c",
        "file:///C:/a/b",
        "file://host/a/b",
        "ws://host/a/b",
        "mailto:x@y",
        "about:blank",
        "data:text/html,x",
        "other://host/a/b/c",
        "other:/a/b",
    ];

    const PIECES: &[&str] = &[
        "a", "b.html", "C", "x", "C:", "c|", "/", "/", "//", "..", "../", ".", "./", "...", "?",
        "#", ":", "@", "%2e", "%2E", "%20", "%", "&", "=", "+", ";", "\\", " ", "\t", "\n", "é",
        "\"", "'", "<", "^", "`", "{", "|", "[", "]", "~", "!", "$", "(", ")", "*", ",", "-", "_",
        "http:", "https://", "file:", "mailto:", "host", "\0", "\u{7f}",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn quickly_is_by_the_book(
            base in prop::sample::select(BASES),
            pieces in vec(prop::sample::select(PIECES), 0..8),
            label in prop::sample::select(&["utf-8", "koi8-r", "iso-2022-jp"][..]),
        ) {
            let link = pieces.concat();
            let charset = Charset::named(label.as_bytes()).unwrap();
            prop_assert_eq!(resolved(base, &link, charset), naive(base, &link, charset));
        }
    }

    #[test]
    fn most_links_are_quick() {
        let mut resolver = Resolver::new(Some(Url::parse("http://h/a/b/c.html").unwrap()));
        for link in [
            "",
            "x.html",
            "../x.html#a.b-c",
            "../../../x",
            "./x/y.html?z=1&a",
            "/x/y",
            "?q",
            "#top",
            "x@y",
            "/wiki/Talk:X",
        ] {
            assert!(resolver.quickly(link.as_bytes()).is_some(), "{link}");
        }
    }
}
