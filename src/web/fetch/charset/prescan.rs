//! Looking for `<meta charset>` in the beginning of an HTML page: "prescan a
//! byte stream to determine its encoding", WHATWG HTML standard, 13.2.3.2.
//!
//! It reads tags and comments as bytes, knows nothing of scripts or elements,
//! and takes nothing that is cut off by the end of what it was given.

use encoding_rs::Encoding;

/// What the prescan found.
pub(crate) enum Prescan {
    /// The page says that this is its encoding.
    Found(&'static Encoding),
    /// Nothing, in so much of the page.
    Nothing,
}

/// Looks for the encoding that the page declares.
pub(crate) fn prescan(page: &[u8]) -> Prescan {
    match (Scan { rest: page }).run() {
        Some(encoding) => Prescan::Found(encoding),
        None => Prescan::Nothing,
    }
}

/// The page from where the scan has got to. None, in all its functions: the page ends here.
struct Scan<'a> {
    rest: &'a [u8],
}

impl<'a> Scan<'a> {
    fn run(&mut self) -> Option<&'static Encoding> {
        loop {
            let start = memchr::memchr(b'<', self.rest)?;
            self.rest = &self.rest[start..];
            if self.rest.starts_with(b"<!--") {
                // `<!-->` is a whole comment.
                self.skip(2);
                let end = memchr::memmem::find(self.rest, b"-->")?;
                self.skip(end + 3);
            } else if self.is_meta() {
                self.skip("<meta".len());
                if let Some(encoding) = self.meta()? {
                    return Some(encoding);
                }
            } else if self.is_tag() {
                let end = self.rest.iter().position(|&b| is_space(b) || b == b'>')?;
                self.skip(end);
                while self.attribute()?.is_some() {}
            } else if matches!(self.rest.get(1)?, b'!' | b'/' | b'?') {
                let end = memchr::memchr(b'>', self.rest)?;
                self.skip(end + 1);
            } else {
                self.skip(1);
            }
        }
    }

    fn skip(&mut self, n: usize) {
        self.rest = &self.rest[n..];
    }

    fn is_meta(&self) -> bool {
        let after = self.rest.get(5).copied();
        after.is_some_and(|byte| is_space(byte) || byte == b'/')
            && self.rest[..5].eq_ignore_ascii_case(b"<meta")
    }

    /// An opening or closing tag.
    fn is_tag(&self) -> bool {
        let name = match self.rest.get(1) {
            Some(b'/') => self.rest.get(2),
            byte => byte,
        };
        name.is_some_and(u8::is_ascii_alphabetic)
    }

    /// The encoding that a meta tag declares, if it does.
    fn meta(&mut self) -> Option<Option<&'static Encoding>> {
        let mut seen: Vec<Vec<u8>> = Vec::new();
        let mut got_pragma = false;
        // Whether the encoding counts only together with `http-equiv`.
        let mut need_pragma = None;
        let mut charset = None;
        while let Some((name, value)) = self.attribute()? {
            if seen.contains(&name) {
                continue;
            }
            match name.as_slice() {
                b"http-equiv" => got_pragma |= value == b"content-type",
                b"content" if charset.is_none() => {
                    charset = charset_in(&value).and_then(encoding);
                    if charset.is_some() {
                        need_pragma = Some(true);
                    }
                }
                b"charset" => {
                    charset = encoding(&value);
                    need_pragma = Some(false);
                }
                _ => {}
            }
            seen.push(name);
        }
        Some(match need_pragma {
            None => None,
            Some(true) if !got_pragma => None,
            Some(_) => charset,
        })
    }

    /// The next attribute of a tag, name and value in lower case; Some(None)
    /// at the end of the tag.
    fn attribute(&mut self) -> Option<Option<(Vec<u8>, Vec<u8>)>> {
        let start = self.rest.iter().position(|&b| !is_space(b) && b != b'/')?;
        self.skip(start);
        if self.rest[0] == b'>' {
            self.skip(1);
            return Some(None);
        }
        let mut name = Vec::new();
        loop {
            match *self.rest.first()? {
                b'=' if !name.is_empty() => break,
                b'/' | b'>' => return Some(Some((name, Vec::new()))),
                byte if is_space(byte) => {
                    self.spaces()?;
                    if self.rest[0] != b'=' {
                        return Some(Some((name, Vec::new())));
                    }
                    break;
                }
                byte => {
                    name.push(byte.to_ascii_lowercase());
                    self.skip(1);
                }
            }
        }
        self.skip(1);
        self.spaces()?;
        let value = match self.rest[0] {
            quote @ (b'"' | b'\'') => {
                self.skip(1);
                let end = memchr::memchr(quote, self.rest)?;
                let value = &self.rest[..end];
                self.skip(end + 1);
                value
            }
            _ => {
                let end = self.rest.iter().position(|&b| is_space(b) || b == b'>')?;
                let value = &self.rest[..end];
                self.skip(end);
                value
            }
        };
        Some(Some((name, value.to_ascii_lowercase())))
    }

    fn spaces(&mut self) -> Option<()> {
        let n = self.rest.iter().position(|&b| !is_space(b))?;
        self.skip(n);
        Some(())
    }
}

/// The label behind `charset=` in the `content` of a meta tag, in lower case.
fn charset_in(content: &[u8]) -> Option<&[u8]> {
    let mut rest = content;
    loop {
        let at = memchr::memmem::find(rest, b"charset")?;
        rest = rest[at + "charset".len()..].trim_ascii_start();
        let Some(value) = rest.strip_prefix(b"=") else {
            continue;
        };
        let value = value.trim_ascii_start();
        return match value.first()? {
            quote @ (b'"' | b'\'') => {
                let end = memchr::memchr(*quote, &value[1..])?;
                Some(&value[1..=end])
            }
            _ => {
                let end = value.iter().position(|&b| is_space(b) || b == b';');
                Some(&value[..end.unwrap_or(value.len())])
            }
        };
    }
}

fn encoding(label: &[u8]) -> Option<&'static Encoding> {
    Encoding::for_label_no_replacement(label)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(page: &str) -> Option<&'static str> {
        match prescan(page.as_bytes()) {
            Prescan::Found(encoding) => Some(encoding.name()),
            Prescan::Nothing => None,
        }
    }

    #[test]
    fn declarations() {
        for page in [
            "<meta charset=koi8-r>",
            "<META CHARSET = 'KOI8-R' >",
            "<html><head lang=\"x>y\"><meta/charset=\"koi8-r\"/>",
            "<!-- <meta charset=utf-8> --><meta charset=koi8-r>",
            "<!--><meta charset=koi8-r>",
            "<!doctype html></p><?x?>< <meta name=a><meta charset=koi8-r>",
            "<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>",
            "<meta content='charset charset = \"koi8-r\"' http-equiv=content-type>",
            "<meta charset=koi8-r charset=utf-8>",
            "<meta charset=bogus><meta charset=koi8-r>",
        ] {
            assert_eq!(found(page), Some("KOI8-R"), "{page}");
        }
    }

    #[test]
    fn no_declarations() {
        for page in [
            "",
            "<",
            "<meta charset=koi8-r",
            "<meta charset='koi8-r",
            "<metacharset=koi8-r>",
            "<meta content='text/html; charset=koi8-r'>",
            "<meta http-equiv=refresh content='text/html; charset=koi8-r'>",
            "<p title='<meta charset=koi8-r>'>",
            "<!-- <meta charset=koi8-r> ",
            "<meta charset=bogus>",
            "<meta charset=>",
        ] {
            assert_eq!(found(page), None, "{page}");
        }
    }

    proptest! {
        #[test]
        fn no_page_is_too_odd(page in "(<|>|/|!|--|=|'|\"|meta| |charset|koi8-r|content|;|http-equiv|content-type){0,40}") {
            found(&page);
        }

        /// What is found in a part of the page is found in the whole of it:
        /// so a page can be scanned again as more of it comes.
        #[test]
        fn more_changes_nothing(
            page in "(<|>|/|<!--|-->|=|'|\"|<meta| |charset=|koi8-r|content=|latin2|http-equiv=|content-type){0,40}",
            end in 0..200usize,
        ) {
            let end = end.min(page.len());
            if let Some(encoding) = found(&page[..end]) {
                prop_assert_eq!(found(&page), Some(encoding));
            }
        }
    }
}
