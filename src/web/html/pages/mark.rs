//! The mark of a page.

use crate::web::html::Charset;
use memchr::memrchr;
use url::Url;

/// The beginning of a mark.
pub(super) const MARK: &[u8] = b"<base data-page=\"";

/// The mark after a page.
pub(super) const END: &[u8] = b"<base data-page=\"\">\n";

/// The text between the URL of a mark and the name of its charset.
pub(super) const CHARSET: &str = " data-charset=\"";

/// The longest URL of a mark that is read, in bytes.
pub(super) const LONGEST: usize = 2 << 20;

/// How much of a mark is read after its URL, in bytes: more than [`CHARSET`]
/// and the longest name of a charset.
pub(super) const REST: usize = 64;

/// The mark of a page: its URL, its charset, and the base URL of its links.
pub(super) fn new(page: &Url, charset: Charset, base: &Url) -> String {
    // URLs have no control characters.
    let escaped = |url: &Url| {
        let url = url.as_str().replace('&', "&amp;").replace('"', "&quot;");
        url.replace('<', "&lt;").replace('>', "&gt;")
    };
    let charset = match charset {
        Charset::UTF_8 => String::new(),
        charset => format!("{CHARSET}{}\"", charset.name()),
    };
    format!(
        "<base data-page=\"{}\"{charset} href=\"{}\">\n",
        escaped(page),
        escaped(base)
    )
}

/// The charset of a mark, from the text after its URL.
pub(super) fn charset(rest: &[u8]) -> Charset {
    let name = rest.strip_prefix(CHARSET.as_bytes());
    let name = name.and_then(|name| name.split(|&byte| byte == b'"').next());
    name.and_then(Charset::named).unwrap_or_default()
}

/// How many bytes of the beginning of a mark the text ends with.
pub(super) fn begun(text: &[u8]) -> usize {
    let tail = &text[text.len().saturating_sub(MARK.len() - 1)..];
    match memrchr(MARK[0], tail) {
        Some(at) if MARK.starts_with(&tail[at..]) => tail.len() - at,
        _ => 0,
    }
}
