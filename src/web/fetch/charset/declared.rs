//! What a text says of its own charset: by a byte order mark, in its header,
//! in HTML's `<meta>`, in the XML declaration.

use super::Kind;
use super::prescan::{Prescan, prescan};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

/// How far into a text its charset may be declared, in bytes.
pub(super) const HEAD: usize = 1024;

/// What is known about the charset from the beginning of the text.
pub(super) enum Verdict {
    /// It is this, and so many bytes are a byte order mark.
    Is(&'static Encoding, usize),
    /// More of the text must be seen.
    Open,
    /// The same, and until then even ASCII may be something else.
    Held,
    /// It is not declared.
    Undeclared,
}

/// What the beginning of a text says, all of it if it is the `last`.
pub(super) fn declaration(
    head: &[u8],
    kind: Kind,
    declared: Option<&'static Encoding>,
    last: bool,
) -> Verdict {
    if let Some((encoding, mark)) = Encoding::for_bom(head) {
        return Verdict::Is(encoding, mark);
    }
    let marks: [&[u8]; 3] = [b"\xEF\xBB\xBF", b"\xFE\xFF", b"\xFF\xFE"];
    if !last && marks.iter().any(|mark| mark.starts_with(head)) {
        return Verdict::Open;
    }
    if kind == Kind::Utf8 {
        return Verdict::Is(UTF_8, 0);
    }
    if let Some(encoding) = declared {
        return Verdict::Is(encoding, 0);
    }
    if matches!(kind, Kind::Html | Kind::Xml) {
        // `<?x` in UTF-16, where nothing else says so (HTML, 13.2.3.2, step 3).
        for (start, encoding) in [(b"<\0?\0x\0", UTF_16LE), (b"\0<\0?\0x", UTF_16BE)] {
            if head.starts_with(start) {
                return Verdict::Is(encoding, 0);
            }
            if !last && start.starts_with(head) {
                return Verdict::Held;
            }
        }
    }
    let seen = &head[..head.len().min(HEAD)];
    let all_seen = last || head.len() >= HEAD;
    if kind == Kind::Html {
        match prescan(seen) {
            Prescan::Found(encoding) => return Verdict::Is(within(encoding), 0),
            Prescan::Nothing if !all_seen => return Verdict::Open,
            Prescan::Nothing => {}
        }
    }
    if matches!(kind, Kind::Html | Kind::Xml) {
        match xml_declaration(seen) {
            Some(Some(encoding)) => return Verdict::Is(within(encoding), 0),
            None if !all_seen => return Verdict::Open,
            None | Some(None) => {}
        }
    }
    match kind {
        Kind::Xml | Kind::Json | Kind::Utf8 => Verdict::Is(UTF_8, 0),
        Kind::Html | Kind::Text => Verdict::Undeclared,
    }
}

/// What a declaration means that could be read as ASCII: UTF-16 it cannot be.
fn within(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == UTF_16LE || encoding == UTF_16BE {
        UTF_8
    } else if encoding == X_USER_DEFINED {
        WINDOWS_1252
    } else {
        encoding
    }
}

/// The encoding in `<?xml version="1.0" encoding="…"?>`; Some(None) if it is
/// not declared, None if more must be seen.
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
