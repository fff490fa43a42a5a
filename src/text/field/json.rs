//! Values of JSON lines, by their paths.
//!
//! A line is read only up to the value, so what follows it does no harm. Of several values of one key
//! the first counts. Strings are decoded, all other values are written as they are: a number keeps its
//! digits. Text is bytes: strings may contain invalid UTF-8 and control characters.
//!
//! Values that are skipped take no memory, however deep they are: brackets are counted, and
//! strings are the only other thing that matters.

use super::lines::{Lines, each_line, without_mark};
use super::list::{Item, Wrong};
use super::marks::Marks;
use super::records::Records;
use crate::common::error::Error;
use memchr::memchr2;

/// Values of JSON lines.
#[derive(Debug)]
pub struct Json {
    paths: Vec<Path>,
    is_first: bool,
    ends: Marks,
    /// Room for strings that are decoded.
    decoded: Vec<u8>,
    /// Where the values of a line end in it; none if they are not there.
    value_ends: Vec<Option<usize>>,
}

impl Json {
    /// The values with these paths.
    pub fn new(items: &[Item]) -> Result<Self, Wrong> {
        let path = |item: &Item| match item {
            Item::Name(name) => Path::parse(name),
            Item::Columns(_) => unreachable!("JSON has no columns"),
        };
        Ok(Json {
            paths: items.iter().map(path).collect::<Result<_, _>>()?,
            is_first: true,
            ends: Marks::default(),
            decoded: Vec::new(),
            value_ends: Vec::new(),
        })
    }

    /// Writes the values of a line.
    fn line(&mut self, line: &[u8], records: &mut Records) -> Result<(), &'static str> {
        let decoded = &mut self.decoded;
        if let [path] = &self.paths[..] {
            match path.find(line)? {
                None => records.one(None),
                // Most strings are written as they are.
                Some(Value::String(raw)) if memchr2(b'\\', b'\n', raw).is_none() => {
                    records.one(Some(raw));
                }
                Some(value) => {
                    value.decode(decoded)?;
                    records.begin();
                    records.decoded_field(decoded);
                    records.end();
                }
            }
            return Ok(());
        }
        // Nothing is written of a line of which one value is invalid.
        decoded.clear();
        self.value_ends.clear();
        for path in &self.paths {
            let found = path.find(line)?;
            if let Some(value) = found {
                value.append(decoded)?;
            }
            self.value_ends.push(found.map(|_| decoded.len()));
        }
        records.begin();
        let mut start = 0;
        for end in &self.value_ends {
            match *end {
                Some(end) => {
                    records.decoded_field(&decoded[start..end]);
                    start = end;
                }
                None => records.field(None),
            }
        }
        records.end();
        Ok(())
    }
}

impl Lines for Json {
    fn begin_file(&mut self) {
        self.is_first = true;
    }

    fn lines(&mut self, text: &[u8], records: &mut Records) -> Result<(), Error> {
        let text = without_mark(text, &mut self.is_first);
        let mut ends = std::mem::take(&mut self.ends);
        ends.find(b'\n', text);
        each_line(text, &ends, records, |start, end, records| {
            if let Err(cause) = self.line(&text[start..end], records) {
                records.does_not_parse(records.line, cause);
            }
        });
        self.ends = ends;
        Ok(())
    }
}

/// Where a value is.
#[derive(Debug, PartialEq, Eq)]
struct Path(Vec<Step>);

/// A step from a value to one within it.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// To the value of a key.
    Key(Vec<u8>),
    /// To an element of an array, counted from 0.
    Index(usize),
    /// To either, as an object or an array is there.
    Either(Vec<u8>, usize),
}

impl Step {
    fn key(&self) -> Option<&[u8]> {
        match self {
            Step::Key(key) | Step::Either(key, _) => Some(key),
            Step::Index(_) => None,
        }
    }

    fn index(&self) -> Option<usize> {
        match self {
            Step::Index(index) | Step::Either(_, index) => Some(*index),
            Step::Key(_) => None,
        }
    }
}

impl Path {
    /// Parses `a.b[0].c`, or a JSON Pointer (RFC 6901) if it begins with a slash.
    fn parse(path: &[u8]) -> Result<Self, Wrong> {
        let steps = match path.strip_prefix(b"/") {
            Some(pointer) => pointer.split(|&byte| byte == b'/').map(pointed).collect(),
            None => dotted(path),
        };
        let wrong = || {
            let path = String::from_utf8_lossy(path);
            Wrong::new(format!(
                "invalid path '{path}' (use a.b[0].c, or a JSON Pointer such as /a/b/0/c)"
            ))
        };
        steps.map(Path).ok_or_else(wrong)
    }

    /// The value in a line. A null is none.
    fn find<'a>(&self, line: &'a [u8]) -> Result<Option<Value<'a>>, &'static str> {
        let mut scanner = Scanner { line, at: 0 };
        scanner.blanks();
        for (depth, step) in self.0.iter().enumerate() {
            let found = match (scanner.peek(), step.key(), step.index()) {
                (Some(b'{'), Some(key), _) => scanner.find_key(key)?,
                (Some(b'['), _, Some(index)) => scanner.find_element(index)?,
                _ => {
                    scanner.value()?;
                    false
                }
            };
            if !found {
                // All of the line is read if its outermost value does not have the first step.
                scanner.blanks();
                return match depth == 0 && scanner.peek().is_some() {
                    true => Err("text after the JSON value"),
                    false => Ok(None),
                };
            }
        }
        let value = scanner.value()?;
        let is_whole = match scanner.peek() {
            Some(b' ' | b'\t' | b'\r' | b',' | b'}' | b']') => true,
            // A string or a container ends by itself; a number may be cut short.
            _ => scanner.line[scanner.at - 1].is_ascii_punctuation(),
        };
        match is_whole {
            true => Ok(value),
            false => Err(NO_COMMA),
        }
    }
}

/// A step of a JSON Pointer; none if it is invalid.
fn pointed(token: &[u8]) -> Option<Step> {
    let mut key = Vec::new();
    let mut bytes = token.iter();
    while let Some(&byte) = bytes.next() {
        key.push(match byte {
            b'~' => match bytes.next()? {
                b'0' => b'~',
                b'1' => b'/',
                _ => return None,
            },
            byte => byte,
        });
    }
    Some(match index(token) {
        Some(index) => Step::Either(key, index),
        None => Step::Key(key),
    })
}

/// The steps of a path with dots; none if it is invalid.
fn dotted(path: &[u8]) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for part in path.split(|&byte| byte == b'.') {
        let (key, mut rest) = match memchr::memchr(b'[', part) {
            Some(bracket) => part.split_at(bracket),
            None => (part, &b""[..]),
        };
        // `[0]` alone is an element of the outermost array.
        match key {
            [] if rest.is_empty() || !steps.is_empty() => return None,
            [] => {}
            key => steps.push(Step::Key(key.to_vec())),
        }
        while !rest.is_empty() {
            let end = memchr::memchr(b']', rest)?;
            let number = rest[..end].strip_prefix(b"[")?;
            steps.push(Step::Index(index(number)?));
            rest = &rest[end + 1..];
        }
    }
    Some(steps)
}

/// The number of an element: digits without a leading zero.
fn index(digits: &[u8]) -> Option<usize> {
    let is_number =
        digits.iter().all(u8::is_ascii_digit) && (digits == b"0" || !digits.starts_with(b"0"));
    is_number.then(|| std::str::from_utf8(digits).ok()?.parse().ok())?
}

/// A value as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value<'a> {
    /// A string, without its quotes.
    String(&'a [u8]),
    /// A number, a literal, an object or an array.
    Other(&'a [u8]),
}

impl Value<'_> {
    /// The value as text, in `out`.
    fn decode(self, out: &mut Vec<u8>) -> Result<(), &'static str> {
        out.clear();
        self.append(out)
    }

    fn append(self, out: &mut Vec<u8>) -> Result<(), &'static str> {
        match self {
            Value::String(raw) => decode(raw, out),
            Value::Other(raw) => {
                out.extend_from_slice(raw);
                Ok(())
            }
        }
    }
}

const ENDS: &str = "JSON that ends early";
const NO_VALUE: &str = "no JSON value where one is expected";
const NO_KEY: &str = "no JSON key where one is expected";
const NO_COLON: &str = "no colon after a JSON key";
const NO_COMMA: &str = "no comma or closing bracket after a JSON value";
const ESCAPE: &str = "invalid escape in a JSON string";

/// A place in a line.
struct Scanner<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    #[inline]
    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    /// Goes from an opening brace to the value of a key; false if there is none, behind the
    /// closing brace.
    fn find_key(&mut self, wanted: &[u8]) -> Result<bool, &'static str> {
        self.at += 1;
        self.blanks();
        if self.closes(b'}') {
            return Ok(false);
        }
        loop {
            if self.peek().ok_or(ENDS)? != b'"' {
                return Err(NO_KEY);
            }
            let key = self.string()?;
            self.blanks();
            if self.peek().ok_or(ENDS)? != b':' {
                return Err(NO_COLON);
            }
            self.at += 1;
            self.blanks();
            if is_key(key, wanted)? {
                return Ok(true);
            }
            self.value()?;
            if !self.comma(b'}')? {
                return Ok(false);
            }
        }
    }

    /// Goes from an opening bracket to an element; false if there is none, behind the closing
    /// bracket.
    fn find_element(&mut self, index: usize) -> Result<bool, &'static str> {
        self.at += 1;
        self.blanks();
        if self.closes(b']') {
            return Ok(false);
        }
        for _ in 0..index {
            self.value()?;
            if !self.comma(b']')? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Skips this closing bracket if it is there.
    fn closes(&mut self, close: u8) -> bool {
        let closes = self.peek() == Some(close);
        self.at += usize::from(closes);
        closes
    }

    /// Goes behind a comma, if one follows a value, or behind the closing bracket.
    #[inline]
    fn comma(&mut self, close: u8) -> Result<bool, &'static str> {
        self.blanks();
        let byte = self.peek().ok_or(ENDS)?;
        self.at += 1;
        match byte {
            b',' => {
                self.blanks();
                Ok(true)
            }
            byte if byte == close => Ok(false),
            _ => Err(NO_COMMA),
        }
    }

    /// Goes behind a value and returns it; none for a null.
    #[inline]
    fn value(&mut self) -> Result<Option<Value<'a>>, &'static str> {
        let start = self.at;
        match self.peek().ok_or(ENDS)? {
            b'"' => return Ok(Some(Value::String(self.string()?))),
            b'{' | b'[' => self.container()?,
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.literal(b"true")?,
            b'f' => self.literal(b"false")?,
            b'n' => {
                self.literal(b"null")?;
                return Ok(None);
            }
            _ => return Err(NO_VALUE),
        }
        Ok(Some(Value::Other(&self.line[start..self.at])))
    }

    /// Goes behind a string and returns it without its quotes.
    #[inline]
    fn string(&mut self) -> Result<&'a [u8], &'static str> {
        let start = self.at + 1;
        let mut at = start;
        loop {
            at += memchr2(b'"', b'\\', self.line.get(at..).ok_or(ENDS)?).ok_or(ENDS)?;
            if self.line[at] == b'"' {
                self.at = at + 1;
                return Ok(&self.line[start..at]);
            }
            at += 2;
        }
    }

    /// Goes behind an object or an array.
    fn container(&mut self) -> Result<(), &'static str> {
        let mut depth = 0u64;
        loop {
            match self.peek().ok_or(ENDS)? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Goes behind a number.
    fn number(&mut self) -> Result<(), &'static str> {
        self.at += usize::from(self.peek() == Some(b'-'));
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(())
    }

    /// Goes behind one digit or more.
    fn digits(&mut self) -> Result<(), &'static str> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        match self.at > start {
            true => Ok(()),
            false => Err("invalid JSON number"),
        }
    }

    fn literal(&mut self, literal: &[u8]) -> Result<(), &'static str> {
        if !self.line[self.at..].starts_with(literal) {
            return Err(NO_VALUE);
        }
        self.at += literal.len();
        Ok(())
    }
}

/// Whether a key, as it is written, is this one.
#[inline]
fn is_key(raw: &[u8], key: &[u8]) -> Result<bool, &'static str> {
    if raw.len() < key.len() || memchr::memchr(b'\\', raw).is_none() {
        return Ok(raw == key);
    }
    let mut decoded = Vec::new();
    decode(raw, &mut decoded)?;
    Ok(decoded == key)
}

/// Appends a string without its escapes.
fn decode(raw: &[u8], out: &mut Vec<u8>) -> Result<(), &'static str> {
    let mut rest = raw;
    while let Some(backslash) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..backslash]);
        let (&letter, behind) = rest[backslash + 1..].split_first().ok_or(ESCAPE)?;
        rest = behind;
        out.push(match letter {
            b'"' | b'\\' | b'/' => letter,
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                rest = decode_unicode(rest, out)?;
                continue;
            }
            _ => return Err(ESCAPE),
        });
    }
    out.extend_from_slice(rest);
    Ok(())
}

/// Appends the character of an escape `\uXXXX`, of which `\u` is gone, or of a surrogate pair of
/// two. A lone surrogate becomes U+FFFD.
fn decode_unicode<'a>(rest: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], &'static str> {
    let (first, mut rest) = hexadecimal(rest).ok_or(ESCAPE)?;
    let mut code = first;
    if (0xD800..0xDC00).contains(&first)
        && let Some(low) = rest.strip_prefix(b"\\u")
    {
        let (second, behind) = hexadecimal(low).ok_or(ESCAPE)?;
        if (0xDC00..0xE000).contains(&second) {
            code = 0x10000 + ((first - 0xD800) << 10 | (second - 0xDC00));
            rest = behind;
        }
    }
    let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    Ok(rest)
}

/// Four hexadecimal digits, and what follows them.
fn hexadecimal(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<4>()?;
    let mut code = 0;
    for &digit in digits {
        code = code << 4 | (digit as char).to_digit(16)?;
    }
    Some((code, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> Option<Vec<Step>> {
        Path::parse(path.as_bytes()).ok().map(|Path(steps)| steps)
    }

    #[test]
    fn paths() {
        let key = |key: &str| Step::Key(key.as_bytes().to_vec());
        let either = |key: &str, n| Step::Either(key.as_bytes().to_vec(), n);
        for (text, steps) in [
            ("a", vec![key("a")]),
            (
                "a.b[0].c",
                vec![key("a"), key("b"), Step::Index(0), key("c")],
            ),
            ("[10][2].a", vec![Step::Index(10), Step::Index(2), key("a")]),
            ("User-Agent[0]", vec![key("User-Agent"), Step::Index(0)]),
            ("0", vec![key("0")]),
            ("a b]", vec![key("a b]")]),
            ("/a/b", vec![key("a"), key("b")]),
            ("/a.b/0/01", vec![key("a.b"), either("0", 0), key("01")]),
            ("/~1~0~01/", vec![key("/~~1"), key("")]),
            ("/", vec![key("")]),
        ] {
            assert_eq!(path(text), Some(steps), "{text}");
        }
        for wrong in [
            "", ".", "a.", ".a", "a..b", "a[", "a[]", "a[x]", "a[-1]", "a[0]b", "a.[0]", "a[01]",
            "/~2", "/~",
        ] {
            assert_eq!(path(wrong), None, "{wrong}");
        }
    }
}
