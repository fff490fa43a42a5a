//! Character references: `&eacute;`, `&#233;`, `&#xE9;` (HTML standard, 13.2.5.72).

use std::borrow::Cow;

/// The longest name of a character with its semicolon, in bytes
/// (`CounterClockwiseContourIntegral;`).
const LONGEST: usize = 32;

/// The longest name that needs no semicolon, in bytes (`Aacute`).
const LONGEST_BARE: usize = 6;

/// How many digits of a number are kept, without leading zeros: larger numbers are not
/// characters.
const DIGITS: usize = 10;

/// A reference that is being read, without its `&`.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    bytes: [u8; LONGEST],
    len: usize,
}

/// Whether the next byte belongs to a reference.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// It does, and more may follow.
    More,
    /// It does, and is the last one.
    Last,
    /// It does not.
    After,
}

impl Reference {
    /// After the `&`.
    pub fn new() -> Self {
        Reference {
            bytes: [0; LONGEST],
            len: 0,
        }
    }

    /// The bytes that were read, without the `&`, and without superfluous digits.
    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Reads one byte.
    pub fn next(&mut self, byte: u8) -> Next {
        let taken = match self.bytes() {
            [] => byte == b'#' || byte.is_ascii_alphanumeric(),
            [b'#'] => matches!(byte, b'x' | b'X') || byte.is_ascii_digit(),
            [b'#', b'x' | b'X', ..] => byte.is_ascii_hexdigit(),
            [b'#', ..] => byte.is_ascii_digit(),
            _ => byte.is_ascii_alphanumeric(),
        };
        let ends = byte == b';' && !matches!(self.bytes(), [] | [b'#'] | [b'#', b'x' | b'X']);
        if !taken && !ends {
            return Next::After;
        }
        if let [b'#', rest @ ..] = self.bytes() {
            let digits = rest.strip_prefix(b"x").or(rest.strip_prefix(b"X"));
            let digits = digits.unwrap_or(rest);
            if ends || digits == b"0" && byte == b'0' || digits.len() > DIGITS {
                return if ends { Next::Last } else { Next::More };
            }
        }
        self.bytes[self.len] = byte;
        self.len += 1;
        match ends || self.len == LONGEST {
            true => Next::Last,
            false => Next::More,
        }
    }

    /// Passes the characters of the reference to `put`, and the bytes that were read after
    /// it. In an attribute, `&copy=1` is not a reference; `next` is the next byte there.
    pub fn resolve(&self, in_attribute: bool, next: Option<u8>, mut put: impl FnMut(&[u8])) {
        if let [b'#', number @ ..] = self.bytes() {
            match numbered(number) {
                Some(c) => put(c.encode_utf8(&mut [0; 4]).as_bytes()),
                None => {
                    put(b"&");
                    put(self.bytes());
                }
            }
            return;
        }
        let mut with_ampersand = [b'&'; LONGEST + 1];
        with_ampersand[1..=self.len].copy_from_slice(self.bytes());
        let read = &with_ampersand[..=self.len];
        let bare = 2..=read.len().min(LONGEST_BARE + 1);
        let lengths = std::iter::once(read.len()).chain(bare.rev());
        let known = lengths
            .map(|n| read.split_at(n))
            .find_map(|(name, rest)| Some((htmlize::ENTITIES.get(name)?, name, rest)));
        match known {
            Some((_, name, rest))
                if in_attribute
                    && !name.ends_with(b";")
                    && (rest.first().copied().or(next))
                        .is_some_and(|next| next == b'=' || next.is_ascii_alphanumeric()) =>
            {
                put(read);
            }
            Some((characters, _, rest)) => {
                put(characters);
                put(rest);
            }
            None => put(read),
        }
    }
}

impl Default for Reference {
    fn default() -> Self {
        Self::new()
    }
}

/// The character of a number; `x…` is hexadecimal. `None` without digits. Numbers that
/// are not characters give U+FFFD.
fn numbered(number: &[u8]) -> Option<char> {
    let (digits, radix) = match number {
        [b'x' | b'X', digits @ ..] => (digits, 16),
        digits => (digits, 10),
    };
    if digits.is_empty() {
        return None;
    }
    let value = digits.iter().try_fold(0u64, |value, digit| {
        Some(value * radix + u64::from((*digit as char).to_digit(16)?))
    });
    let value = u32::try_from(value?).unwrap_or(u32::MAX);
    Some(match value {
        0 => char::REPLACEMENT_CHARACTER,
        // In pages, these are meant as Windows-1252.
        0x80..=0x9F => WINDOWS[value as usize - 0x80],
        value => char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER),
    })
}

/// Characters 80 to 9F of Windows-1252; those that it does not have are unchanged.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

/// The value of an attribute as a [`Sink`](super::Sink) gets it, decoded: references are
/// replaced, line ends are one newline, NULs are U+FFFD. Most values are unchanged.
///
/// ```
/// let value = textmill::web::html::character::value(b"?a=1&amp;b=&eacute;");
/// assert_eq!(*value, *"?a=1&b=é".as_bytes());
/// ```
pub fn value(raw: &[u8]) -> Cow<'_, [u8]> {
    let special = |text: &[u8]| memchr::memchr3(b'&', b'\r', 0, text);
    let Some(mut next) = special(raw) else {
        return Cow::Borrowed(raw);
    };
    let mut value = Vec::with_capacity(raw.len());
    let mut rest = raw;
    loop {
        value.extend_from_slice(&rest[..next]);
        let byte = rest[next];
        rest = &rest[next + 1..];
        match byte {
            b'\r' => {
                value.push(b'\n');
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
            0 => value.extend_from_slice("\u{FFFD}".as_bytes()),
            _ => {
                let mut reference = Reference::new();
                let mut read = 0;
                for &byte in rest {
                    let next = reference.next(byte);
                    read += usize::from(next != Next::After);
                    if next != Next::More {
                        break;
                    }
                }
                rest = &rest[read..];
                reference.resolve(true, rest.first().copied(), |bytes| {
                    value.extend_from_slice(bytes);
                });
            }
        }
        match special(rest) {
            Some(found) => next = found,
            None => break,
        }
    }
    value.extend_from_slice(rest);
    Cow::Owned(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_of_names_are_those_of_the_standard() {
        let names = htmlize::ENTITIES.keys();
        assert!(names.clone().all(|name| name.len() <= 1 + LONGEST));
        assert!(names.clone().any(|name| name.len() == 1 + LONGEST));
        let bare = names.filter(|name| !name.ends_with(b";"));
        assert_eq!(bare.map(|name| name.len() - 1).max(), Some(LONGEST_BARE));
    }

    #[test]
    fn values() {
        for (raw, decoded) in [
            ("a&amp;b", "a&b"),
            ("?a=1&copy=2&reg", "?a=1&copy=2®"),
            ("&copy;=&copy", "©=©"),
            ("&notit;&notin;", "&notit;∉"),
            ("&#x41;&#65&#0;&#x110000;&#150;", "AA\u{FFFD}\u{FFFD}–"),
            ("&#;&#x;&;&", "&#;&#x;&;&"),
            ("a\r\nb\rc\0", "a\nb\nc\u{FFFD}"),
            ("&#00000000000000000000000000000000000000065;", "A"),
            ("&#99999999999999999999999999999999999999965;", "\u{FFFD}"),
            ("&CounterClockwiseContourIntegral;x", "∳x"),
        ] {
            assert_eq!(String::from_utf8_lossy(&value(raw.as_bytes())), decoded);
        }
    }
}
