//! The URLs in a style sheet: `url(…)`, what `@import` names, and the strings of
//! `image-set(…)`.
//!
//! Of the syntax of CSS (CSS Syntax Module Level 3, section 4) as much as it
//! takes not to be misled: comments, strings, escapes, and names that only end
//! in `url`. The text may come in pieces.

use super::LONGEST;

/// Finds URLs in a style sheet that comes in pieces.
#[derive(Debug)]
pub struct Scanner {
    state: State,
    /// The name at hand, in lower case, as far as it matters.
    name: Vec<u8>,
    /// The rule at hand: `@import` or `@namespace`, whose strings and URLs mean more or less.
    rule: Rule,
    /// How many parentheses are open, from that of `image-set(` on. Within one, strings
    /// are URLs; within more, they are not: `type("image/avif")`.
    depth: u32,
    /// The URL at hand, decoded.
    url: Vec<u8>,
    cut: bool,
    /// Digits of the escape at hand, and its value.
    escape: (u8, u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Text,
    Name,
    /// Behind a `/`.
    Slash,
    Comment,
    CommentStar,
    /// In a string; the byte is its quote. It is a URL or not.
    Quoted(u8, bool),
    /// In a string, behind a backslash.
    QuotedEscape(u8, bool),
    /// Behind `url(`.
    Open,
    /// Behind `url(`, in a URL without quotes.
    Bare,
    BareEscape,
    /// Behind a URL without quotes and a blank.
    BareEnd,
    /// Behind a URL, up to its parenthesis.
    Close,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Other,
    /// The next string is a URL.
    Import,
    /// URLs are names here.
    Namespace,
}

/// One byte more than the longest name that matters: `-webkit-image-set`.
const LONGEST_NAME: usize = 18;

impl Scanner {
    /// At the beginning of a style sheet.
    pub fn new() -> Self {
        Scanner {
            state: State::Text,
            name: Vec::new(),
            rule: Rule::Other,
            depth: 0,
            url: Vec::new(),
            cut: false,
            escape: (0, 0),
        }
    }

    /// At the beginning of a `style` attribute.
    pub fn in_attribute() -> Self {
        Self::new()
    }

    /// Reads the next piece. `found` is told each URL, and whether it is only
    /// the beginning of one that is too long.
    pub fn text(&mut self, text: &[u8], mut found: impl FnMut(&[u8], bool)) {
        let mut at = 0;
        while at < text.len() {
            let byte = text[at];
            at += 1;
            match self.state {
                State::Text => self.plain(byte),
                State::Name => {
                    if byte == b'(' && self.name == b"url" {
                        self.begin(State::Open);
                    } else if is_name(byte) {
                        if self.name.len() < LONGEST_NAME {
                            self.name.push(byte.to_ascii_lowercase());
                        }
                    } else {
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
                }
                State::Slash => match byte {
                    b'*' => self.state = State::Comment,
                    byte => self.plain(byte),
                },
                State::Comment => match memchr::memchr(b'*', &text[at - 1..]) {
                    None => return,
                    Some(n) => {
                        at += n;
                        self.state = State::CommentStar;
                    }
                },
                State::CommentStar => match byte {
                    b'/' => self.state = State::Text,
                    b'*' => {}
                    _ => self.state = State::Comment,
                },
                State::Quoted(quote, is_url) => match byte {
                    // A line end ends a bad string.
                    b'\n' | b'\r' | b'\x0C' => self.state = State::Text,
                    b'\\' => self.escape_in(State::QuotedEscape(quote, is_url)),
                    byte if byte == quote => {
                        let in_url = self.name == b"url";
                        self.state = if in_url { State::Close } else { State::Text };
                        if is_url {
                            self.tell(&mut found);
                        }
                    }
                    byte => self.push(byte),
                },
                State::QuotedEscape(quote, is_url) => {
                    if !self.unescape(byte, State::Quoted(quote, is_url), true) {
                        at -= 1;
                    }
                }
                State::Open => match byte {
                    byte if byte.is_ascii_whitespace() => {}
                    b'"' | b'\'' => self.state = State::Quoted(byte, true),
                    _ => {
                        self.state = State::Bare;
                        at -= 1;
                    }
                },
                State::Bare => match byte {
                    b')' => {
                        self.state = State::Text;
                        self.tell(&mut found);
                    }
                    byte if byte.is_ascii_whitespace() => self.state = State::BareEnd,
                    // None of these stands in a URL: it is a bad one.
                    b'"' | b'\'' | b'(' => self.state = State::Close,
                    b'\\' => self.escape_in(State::BareEscape),
                    byte => self.push(byte),
                },
                State::BareEscape => {
                    if !self.unescape(byte, State::Bare, false) {
                        at -= 1;
                    }
                }
                State::BareEnd => match byte {
                    byte if byte.is_ascii_whitespace() => {}
                    b')' => {
                        self.state = State::Text;
                        self.tell(&mut found);
                    }
                    // A URL has no blanks in it: it is a bad one.
                    _ => self.state = State::Close,
                },
                State::Close => {
                    if byte == b')' {
                        self.state = State::Text;
                    }
                }
            }
        }
    }

    /// The style sheet has ended: what it leaves open is closed.
    pub fn end(&mut self, mut found: impl FnMut(&[u8], bool)) {
        match self.state {
            State::Bare | State::BareEscape | State::BareEnd => self.tell(&mut found),
            State::Quoted(_, true) => self.tell(&mut found),
            _ => {}
        }
        *self = Scanner::new();
    }

    /// A byte that stands in no string, comment or URL.
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
        self.cut = false;
    }

    fn push(&mut self, byte: u8) {
        match self.url.len() {
            LONGEST.. => self.cut = true,
            _ => self.url.push(byte),
        }
    }

    fn tell(&mut self, found: &mut impl FnMut(&[u8], bool)) {
        let is_link = self.rule != Rule::Namespace;
        if self.rule == Rule::Import {
            self.rule = Rule::Other;
        }
        if is_link && !self.url.trim_ascii().is_empty() {
            found(&self.url, self.cut);
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

    /// A byte behind a backslash. False if it is behind the escape.
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
            // The string goes on in the next line; a URL does not.
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

/// Whether the byte may stand in a name.
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
        // Cut anywhere, it is the same.
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
