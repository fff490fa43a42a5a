//! The declared charset of a text: a byte order mark, the content type, `<meta>` in HTML, the
//! XML declaration.

use super::kind::Kind;
use super::prescan::prescan;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

/// The part of a text in which its charset may be declared, in bytes.
pub(crate) const HEAD: usize = 1024;

/// The declaration at the beginning of a text.
pub(crate) enum Declaration {
    /// The charset, and the length of the byte order mark.
    Charset(&'static Encoding, usize),
    /// A declaration may follow.
    Incomplete,
    /// A declaration of UTF-16 may follow: the bytes need not be ASCII.
    IncompleteUtf16,
    /// There is no declaration.
    None,
}

/// The declaration at the beginning of a text; `head` is the whole text if it is the `last`.
pub(crate) fn declaration(
    head: &[u8],
    kind: Kind,
    declared: Option<&'static Encoding>,
    last: bool,
) -> Declaration {
    if let Some((encoding, mark)) = Encoding::for_bom(head) {
        return Declaration::Charset(encoding, mark);
    }
    let marks: [&[u8]; 3] = [b"\xEF\xBB\xBF", b"\xFE\xFF", b"\xFF\xFE"];
    if !last && marks.iter().any(|mark| mark.starts_with(head)) {
        return Declaration::Incomplete;
    }
    if kind == Kind::Utf8 {
        return Declaration::Charset(UTF_8, 0);
    }
    if let Some(encoding) = declared {
        return Declaration::Charset(encoding, 0);
    }
    if matches!(kind, Kind::Html | Kind::Xml) {
        // `<?x` in UTF-16 (HTML, 13.2.3.2, step 3).
        for (start, encoding) in [(b"<\0?\0x\0", UTF_16LE), (b"\0<\0?\0x", UTF_16BE)] {
            if head.starts_with(start) {
                return Declaration::Charset(encoding, 0);
            }
            if !last && start.starts_with(head) {
                return Declaration::IncompleteUtf16;
            }
        }
    }
    let seen = &head[..head.len().min(HEAD)];
    let all_seen = last || head.len() >= HEAD;
    if kind == Kind::Html {
        match prescan(seen) {
            Some(encoding) => return Declaration::Charset(ascii_compatible(encoding), 0),
            None if !all_seen => return Declaration::Incomplete,
            None => {}
        }
    }
    if matches!(kind, Kind::Html | Kind::Xml) {
        match xml_declaration(seen) {
            Some(Some(encoding)) => return Declaration::Charset(ascii_compatible(encoding), 0),
            None if !all_seen => return Declaration::Incomplete,
            None | Some(None) => {}
        }
    }
    match kind {
        Kind::Xml | Kind::Json | Kind::Utf8 => Declaration::Charset(UTF_8, 0),
        Kind::Html | Kind::Text => Declaration::None,
    }
}

/// The charset of a declaration in ASCII: it cannot be UTF-16.
fn ascii_compatible(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == UTF_16LE || encoding == UTF_16BE {
        UTF_8
    } else if encoding == X_USER_DEFINED {
        WINDOWS_1252
    } else {
        encoding
    }
}

/// The encoding in `<?xml version="1.0" encoding="…"?>`; Some(None) without a declaration,
/// None if a declaration may follow.
fn xml_declaration(head: &[u8]) -> Option<Option<&'static Encoding>> {
    const START: &[u8] = b"<?xml";
    if !head.starts_with(START) {
        return if START.starts_with(head) {
            None
        } else {
            Some(None)
        };
    }
    let end = memchr::memchr(b'>', head)?;
    let inside = &head[START.len()..end];
    let label = memchr::memmem::find(inside, b"encoding").and_then(|at| {
        let value = inside[at + "encoding".len()..].trim_ascii_start();
        let value = value.strip_prefix(b"=")?.trim_ascii_start();
        let (&quote, value) = value.split_first()?;
        let end = memchr::memchr(quote, value)?;
        matches!(quote, b'"' | b'\'').then(|| &value[..end])
    });
    Some(label.and_then(Encoding::for_label_no_replacement))
}
