//! The URLs in a style sheet: `url(…)`, the strings of `@import`, and those of
//! `image-set(…)`.
//!
//! It knows as much of the syntax (CSS Syntax Module Level 3, section 4) as is needed
//! to find them: comments, strings, escapes, and names that only end in `url`. The text
//! may come in pieces.

use super::link::LONGEST;

/// Finds URLs in a style sheet that comes in pieces.
#[derive(Debug)]
pub struct Scanner {
    state: State,
    /// The name at hand, in lower case, up to [`LONGEST_NAME`] bytes.
    name: Vec<u8>,
    /// The rule at hand, which decides whether strings and URLs are links.
    rule: Rule,
    /// How many parentheses are open, from that of `image-set(` on. Within one, strings
    /// are URLs; within more, they are not: `type("image/avif")`.
    depth: u32,
    /// The URL at hand, decoded.
    url: Vec<u8>,
    /// Only the beginning of it is kept.
    is_cut: bool,
    /// The number of digits of the escape at hand, and its value.
    escape: (u8, u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Text,
    Name,
    /// After a `/`.
    Slash,
    Comment,
    CommentStar,
    /// In a string: its quote, and whether it is a URL.
    Quoted(u8, bool),
    /// In a string, after a backslash.
    QuotedEscape(u8, bool),
    /// After `url(`.
    Open,
    /// In a URL without quotes.
    Bare,
    BareEscape,
    /// After a URL without quotes and a blank.
    BareEnd,
    /// After a URL, before its parenthesis.
    Close,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Other,
    /// The next string is a URL.
    Import,
    /// URLs are names, not links.
    Namespace,
}

/// One byte more than the longest name that matters: `-webkit-image-set`.
const LONGEST_NAME: usize = 18;

impl Scanner {
    /// At the beginning of a style sheet, or of a `style` attribute.
    pub fn new() -> Self {
        Scanner {
            state: State::Text,
            name: Vec::new(),
            rule: Rule::Other,
            depth: 0,
            url: Vec::new(),
            is_cut: false,
            escape: (0, 0),
        }
    }

    /// Reads the next piece. `found` gets each URL, and whether it is only the beginning
    /// of one that is too long.
    pub fn text(&mut self, text: &[u8], mut found: impl FnMut(&[u8], bool)) {
        let mut at = 0;
        while at < text.len() {
            if self.state == State::Comment {
                let rest = &text[at..];
                at += memchr::memchr(b'*', rest).unwrap_or(rest.len());
            }
            let Some(&byte) = text.get(at) else { return };
            at += usize::from(self.byte(byte, &mut found));
        }
    }

    /// Reads a byte. Returns false if it has to be read again, in another state.
    #[inline(always)]
    fn byte(&mut self, byte: u8, found: &mut impl FnMut(&[u8], bool)) -> bool {
        match self.state {
            State::Text => self.plain(byte),
            State::Name => self.in_name(byte),
            State::Slash => match byte {
                b'*' => self.state = State::Comment,
                byte => self.plain(byte),
            },
            State::Comment | State::CommentStar => {
                self.state = match byte {
                    b'*' => State::CommentStar,
                    b'/' if self.state == State::CommentStar => State::Text,
                    _ => State::Comment,
                }
            }
            State::Quoted(quote, is_url) => self.quoted(byte, quote, is_url, found),
            State::QuotedEscape(quote, is_url) => {
                return self.unescape(byte, State::Quoted(quote, is_url), true);
            }
            State::Open => match byte {
                byte if byte.is_ascii_whitespace() => {}
                b'"' | b'\'' => self.state = State::Quoted(byte, true),
                _ => {
                    self.state = State::Bare;
                    return false;
                }
            },
            State::Bare => self.bare(byte, found),
            State::BareEscape => return self.unescape(byte, State::Bare, false),
            State::BareEnd => match byte {
                byte if byte.is_ascii_whitespace() => {}
                b')' => {
                    self.state = State::Text;
                    self.report(found);
                }
                // A URL contains no blanks: it is invalid.
                _ => self.state = State::Close,
            },
            State::Close => {
                if byte == b')' {
                    self.state = State::Text;
                }
            }
        }
        true
    }

    #[inline(always)]
    fn in_name(&mut self, byte: u8) {
        if byte == b'(' && self.name == b"url" {
            return self.begin(State::Open);
        }
        if is_name(byte) {
            if self.name.len() < LONGEST_NAME {
                self.name.push(byte.to_ascii_lowercase());
            }
            return;
        }
        self.rule = match &self.name[..] {
            b"@import" => Rule::Import,
            b"@namespace" => Rule::Namespace,
            _ => self.rule,
        };
        if byte == b'(' && self.depth == 0 && is_image_set(&self.name) {
            self.depth = 1;
            self.state = State::Text;
        } else {
            self.plain(byte);
        }
    }

    #[inline(always)]
    fn quoted(&mut self, byte: u8, quote: u8, is_url: bool, found: &mut impl FnMut(&[u8], bool)) {
        match byte {
            // A string that contains a line end is invalid.
            b'\n' | b'\r' | b'\x0C' => self.state = State::Text,
            b'\\' => self.escape_in(State::QuotedEscape(quote, is_url)),
            byte if byte == quote => {
                let in_url = self.name == b"url";
                self.state = if in_url { State::Close } else { State::Text };
                if is_url {
                    self.report(found);
                }
            }
            byte => self.push(byte),
        }
    }

    #[inline(always)]
    fn bare(&mut self, byte: u8, found: &mut impl FnMut(&[u8], bool)) {
        match byte {
            b')' => {
                self.state = State::Text;
                self.report(found);
            }
            byte if byte.is_ascii_whitespace() => self.state = State::BareEnd,
            // A URL contains none of these: it is invalid.
            b'"' | b'\'' | b'(' => self.state = State::Close,
            b'\\' => self.escape_in(State::BareEscape),
            byte => self.push(byte),
        }
    }

    /// Ends the style sheet, and with it a URL that is not closed.
    pub fn end(&mut self, mut found: impl FnMut(&[u8], bool)) {
        match self.state {
            State::Bare | State::BareEscape | State::BareEnd => self.report(&mut found),
            State::Quoted(_, true) => self.report(&mut found),
            _ => {}
        }
        *self = Scanner::new();
    }

    /// Reads a byte outside strings, comments and URLs.
    #[inline(always)]
    fn plain(&mut self, byte: u8) {
        self.state = State::Text;
        match byte {
            b'/' => self.state = State::Slash,
            b'"' | b'\'' => {
                let is_url = self.rule == Rule::Import || self.depth == 1;
                self.name.clear();
                self.begin(State::Quoted(byte, is_url));
                if self.rule == Rule::Import {
                    self.rule = Rule::Other;
                }
            }
            b';' | b'{' | b'}' => {
                self.rule = Rule::Other;
                self.depth = 0;
            }
            b'(' if self.depth > 0 => self.depth = self.depth.saturating_add(1),
            b')' => self.depth = self.depth.saturating_sub(1),
            byte if is_name(byte) || byte == b'@' => {
                self.name.clear();
                self.name.push(byte.to_ascii_lowercase());
                self.state = State::Name;
            }
            _ => {}
        }
    }

    fn begin(&mut self, state: State) {
        self.state = state;
        self.url.clear();
        self.is_cut = false;
    }

    #[inline(always)]
    fn push(&mut self, byte: u8) {
        match self.url.len() {
            LONGEST.. => self.is_cut = true,
            _ => self.url.push(byte),
        }
    }

    fn report(&mut self, found: &mut impl FnMut(&[u8], bool)) {
        let is_link = self.rule != Rule::Namespace;
        if self.rule == Rule::Import {
            self.rule = Rule::Other;
        }
        if is_link && !self.url.trim_ascii().is_empty() {
            found(&self.url, self.is_cut);
        }
        if self.url.capacity() > LONGEST / 32 {
            self.url = Vec::new();
        }
        self.url.clear();
    }

    fn escape_in(&mut self, state: State) {
        self.state = state;
        self.escape = (0, 0);
    }

    /// Reads a byte after a backslash. Returns false if it is not part of the escape.
    fn unescape(&mut self, byte: u8, back: State, in_string: bool) -> bool {
        let (digits, value) = self.escape;
        if digits < 6
            && let Some(digit) = (byte as char).to_digit(16)
        {
            self.escape = (digits + 1, value * 16 + digit);
            return true;
        }
        self.state = back;
        if digits > 0 {
            let c = char::from_u32(value).filter(|c| *c != '\0');
            let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                self.push(byte);
            }
            return byte.is_ascii_whitespace();
        }
        match byte {
            // A string may continue in the next line, a URL may not.
            b'\n' if in_string => {}
            b'\n' => self.state = State::Close,
            byte => self.push(byte),
        }
        true
    }
}

impl Default for Scanner {
    fn default() -> Self {
        Self::new()
    }
}

fn is_image_set(name: &[u8]) -> bool {
    matches!(name, b"image-set" | b"-webkit-image-set")
}

/// Whether the byte may be part of a name.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'\\' | 0x80..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(css: &str) -> Vec<String> {
        let mut whole = Vec::new();
        let mut take = |url: &[u8], cut: bool| {
            assert!(!cut);
            whole.push(String::from_utf8(url.to_vec()).unwrap());
        };
        let mut scanner = Scanner::new();
        scanner.text(css.as_bytes(), &mut take);
        scanner.end(&mut take);
        // Cuts change nothing.
        let mut cut = Vec::new();
        for byte in css.bytes() {
            scanner.text(&[byte], |url, _| {
                cut.push(String::from_utf8(url.to_vec()).unwrap())
            });
        }
        scanner.end(|url, _| cut.push(String::from_utf8(url.to_vec()).unwrap()));
        assert_eq!(cut, whole);
        whole
    }

    #[test]
    fn urls() {
        assert_eq!(
            found("a{b:url(x.png)} c{d:URL( 'y z.png' ) e:url( \"q)\" )}"),
            ["x.png", "y z.png", "q)"]
        );
        assert_eq!(found("a:url(b.png"), ["b.png"]);
        assert_eq!(found("a:curl(b.png) url (c) -url(d)"), [""; 0]);
        assert_eq!(found("/* url(a) **/url(b)/* url(c)"), ["b"]);
        assert_eq!(found("'url(a)' \"\\\"url(b)\" url(c)"), ["c"]);
        assert_eq!(found("url(a\"b) url(c)"), ["c"]);
        assert_eq!(found("url(a b) url( c\n ) url(d"), ["c", "d"]);
        assert_eq!(found("url() url('') url( )"), [""; 0]);
        assert_eq!(found(r"url(a\)b) url('\61 b\000063x') "), ["a)b", "abcx"]);
        assert_eq!(found("'bad\nurl(a)"), ["a"]);
        assert_eq!(found("a:b/url(c)"), ["c"]);
    }

    // case web-15
    #[test]
    fn strings_of_image_set_are_urls() {
        assert_eq!(
            found(
                "a{b:image-set('a' 1x, \"b\" type('no') 2x, url(c) 3x, d('no', e('no')), 'f'), 'no'}\
                 g:-WEBKIT-image-set( 'h' 1x) 'no'; image-set ('no'); x-image-set('no');\
                 i:image-set(image-set('no'), 'j'"
            ),
            ["a", "b", "c", "f", "h", "j"]
        );
        assert_eq!(found("a:image-set('b;{}' 1x; 'no' ) 'no'"), ["b;{}"]);
        assert_eq!(found("a:image-set('' 1x, 'b')"), ["b"]);
    }

    #[test]
    fn rules() {
        assert_eq!(
            found("@import 'a'; @IMPORT \"b\" print; @import url(c) 'd'; e: 'f'; @media 'x'"),
            ["a", "b", "c"]
        );
        assert_eq!(found("@namespace svg url(http://x/); a: url(b)"), ["b"]);
        assert_eq!(found("@charset 'utf-8'; @importx 'a'; @import 'b'"), ["b"]);
    }
}
