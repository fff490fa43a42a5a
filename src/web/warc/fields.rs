//! Named fields: `Name: value` lines, up to an empty line.
//!
//! Records and HTTP messages have the same form (ISO 28500, 4; RFC 9112, 5). The case of names
//! does not matter. A line that begins with a blank continues the one before. Lines end in LF,
//! with or without CR. Lines without a colon are skipped, as browsers do.

use std::borrow::Cow;

/// The fields in these lines.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

/// The length of the lines up to the first empty one, which is included; None if there is none.
/// The first `searched` bytes were searched before.
pub(super) fn len(bytes: &[u8], searched: usize) -> Option<usize> {
    // The empty line may begin in the searched part.
    let start = searched.saturating_sub(2);
    let mut ends = memchr::memchr_iter(b'\n', &bytes[start..]).map(|end| start + end + 1);
    ends.find_map(|end| match &bytes[end..] {
        [b'\n', ..] => Some(end + 1),
        [b'\r', b'\n', ..] => Some(end + 2),
        _ => None,
    })
}

/// The number in a value. A sign is not a part of one.
pub(super) fn number(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok()?;
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

impl<'a> Fields<'a> {
    /// The first value of a field.
    pub(super) fn get(self, name: &str) -> Option<Cow<'a, [u8]>> {
        self.all(name).next()
    }

    /// All values of a field.
    pub(super) fn all(self, name: &str) -> impl Iterator<Item = Cow<'a, [u8]>> {
        self.lines().filter_map(move |line| {
            let colon = memchr::memchr(b':', line)?;
            let (own, value) = (&line[..colon], &line[colon + 1..]);
            let is_name = own.trim_ascii().eq_ignore_ascii_case(name.as_bytes());
            is_name.then(|| unfolded(value))
        })
    }

    /// The items of a list field, in lower case.
    pub(super) fn items(self, name: &str) -> Vec<String> {
        let mut items = Vec::new();
        for value in self.all(name) {
            let value = String::from_utf8_lossy(&value).to_ascii_lowercase();
            let own = value.split(',').map(str::trim);
            items.extend(own.filter(|item| !item.is_empty()).map(String::from));
        }
        items
    }

    /// The lines, each with those that continue it.
    fn lines(self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let mut ends = memchr::memchr_iter(b'\n', rest).map(|end| end + 1);
            let is_end = |&end: &usize| !matches!(rest.get(end), Some(b' ' | b'\t'));
            let end = ends.find(is_end).unwrap_or(rest.len());
            let (line, after) = rest.split_at(end);
            rest = after;
            Some(line)
        })
    }
}

/// A value without the blanks around it; its lines are joined by single blanks.
fn unfolded(value: &[u8]) -> Cow<'_, [u8]> {
    let value = value.trim_ascii();
    if memchr::memchr(b'\n', value).is_none() {
        return Cow::Borrowed(value);
    }
    let lines = value.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    Cow::Owned(lines.collect::<Vec<_>>().join(&b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_values_and_folded_lines() {
        let text = b"WARC/1.0\r\nA: b\r\nno colon\r\nC:d: e \r\n\tf\n g\r\na : h\nE:\r\n\r\n";
        let fields = Fields(text);
        let all = |name| fields.all(name).map(Cow::into_owned).collect::<Vec<_>>();
        assert_eq!(all("a"), [b"b", b"h"]);
        assert_eq!(fields.get("c").unwrap(), &b"d: e f g"[..]);
        assert_eq!(fields.get("e").unwrap(), &b""[..]);
        assert!(fields.get("no colon").is_none() && fields.get("").is_none());
        assert_eq!(Fields(b"A: B, c,\n ,\nA: D").items("A"), ["b", "c", "d"]);
    }

    #[test]
    fn the_first_empty_line_ends_them() {
        for text in [&b"a\r\nb\r\n\r\n"[..], b"a\n\n", b"a\r\n\n", b"a\nb\n\r\n"] {
            let more = [text, b"rest\n\n"].concat();
            for searched in 0..text.len() {
                assert_eq!(len(&text[..searched], 0), None);
                assert_eq!(len(&more, searched), Some(text.len()), "{searched}");
            }
        }
    }
}
