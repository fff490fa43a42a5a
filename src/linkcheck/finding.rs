//! What linkcheck has to tell, and the three forms in which it does.
//!
//! A finding is one line, written as soon as it is known. URLs come from
//! [`url`], so they are ASCII without blanks and control characters; a link that
//! is no URL has what a terminal would obey spelled out.

use super::cause::Cause;
use crate::cli::visible;
use crate::fetch;
use crate::json;
use std::rc::Rc;

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// `Broken link SOURCE -> URL (CAUSE)`, as the talk has it.
    #[default]
    Text,
    /// Kind, source, URL, word, cause, with a TAB between.
    Tsv,
    /// An object a line.
    Jsonl,
}

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    /// A link that leads to nothing.
    Broken {
        source: Rc<str>,
        url: Rc<str>,
        cause: Rc<Cause>,
    },
    /// A link that leads elsewhere.
    Redirected {
        source: Rc<str>,
        url: Rc<str>,
        to: Rc<str>,
        status: u16,
    },
    /// A link that works, and should be mended all the same.
    Warning {
        source: Rc<str>,
        url: Rc<str>,
        cause: String,
    },
    /// A link that nobody checks.
    NotHttp { url: Rc<str> },
    /// A page that was to be entered and is none.
    NotHtml { url: Rc<str>, media_type: Box<str> },
    /// A page that robots.txt keeps us from.
    Disallowed { url: Rc<str> },
}

impl Finding {
    /// Whether it is of interest to those only who want to know all.
    pub(super) fn is_no_fault(&self) -> bool {
        matches!(
            self,
            Finding::NotHttp { .. } | Finding::NotHtml { .. } | Finding::Disallowed { .. }
        )
    }

    /// The line for it, with its newline.
    pub(super) fn line(&self, format: Format) -> String {
        match format {
            Format::Text => self.text() + "\n",
            Format::Tsv => {
                let row = self.row();
                let (source, cause) = (
                    row.source.unwrap_or_default(),
                    row.cause.unwrap_or_default(),
                );
                let word = row.word.unwrap_or_default();
                format!("{}\t{source}\t{}\t{word}\t{cause}\n", row.kind, row.url)
            }
            Format::Jsonl => {
                let row = self.row();
                let mut line = json::Line::new();
                line.string("kind", Some(row.kind));
                line.string("source", row.source.as_deref());
                line.string("url", Some(&row.url));
                line.string("error", row.word);
                line.string("cause", row.cause.as_deref());
                line.number("status", row.status.map(u64::from));
                line.end()
            }
        }
    }

    fn text(&self) -> String {
        match self {
            Finding::Broken { source, url, cause } => {
                let cause = visible(&cause.text);
                format!("Broken link {} -> {} ({cause})", seen(source), seen(url))
            }
            Finding::Redirected {
                source,
                url,
                to,
                status,
            } => {
                let (source, url, to) = (seen(source), seen(url), seen(to));
                format!("Redirected link {source} -> {url} ({status} to {to})")
            }
            Finding::Warning { source, url, cause } => {
                format!(
                    "Warning {} -> {} ({})",
                    seen(source),
                    seen(url),
                    visible(cause)
                )
            }
            Finding::NotHttp { url } => format!("Not http: {}", seen(url)),
            Finding::NotHtml { url, media_type } => match &**media_type {
                "" => format!("Not html: {}", seen(url)),
                media_type => format!("Not html: {} ({})", seen(url), visible(media_type)),
            },
            Finding::Disallowed { url } => format!("Not allowed by robots.txt: {}", seen(url)),
        }
    }

    fn row(&self) -> Row {
        match self {
            Finding::Broken { source, url, cause } => Row {
                source: Some(seen(source)),
                word: Some(cause.word),
                cause: Some(visible(&cause.text)),
                status: cause.status,
                ..Row::of("broken", url)
            },
            Finding::Redirected {
                source,
                url,
                to,
                status,
            } => Row {
                source: Some(seen(source)),
                cause: Some(format!("to {}", seen(to))),
                status: Some(*status),
                ..Row::of("redirected", url)
            },
            Finding::Warning { source, url, cause } => Row {
                source: Some(seen(source)),
                cause: Some(visible(cause)),
                ..Row::of("warning", url)
            },
            Finding::NotHttp { url } => Row::of("not-http", url),
            Finding::NotHtml { url, media_type } => Row {
                cause: Some(visible(media_type)).filter(|text| !text.is_empty()),
                ..Row::of("not-html", url)
            },
            Finding::Disallowed { url } => Row::of("disallowed", url),
        }
    }
}

/// A URL as people see it: without user name and password, and with nothing in
/// it that a terminal would obey.
fn seen(url: &str) -> String {
    // An address of mail is no secret.
    match url.starts_with("mailto:") {
        true => visible(url),
        false => visible(&fetch::shown(url)),
    }
}

/// A finding in columns.
struct Row {
    kind: &'static str,
    source: Option<String>,
    url: String,
    word: Option<&'static str>,
    cause: Option<String>,
    status: Option<u16>,
}

impl Row {
    fn of(kind: &'static str, url: &str) -> Row {
        Row {
            kind,
            source: None,
            url: seen(url),
            word: None,
            cause: None,
            status: None,
        }
    }
}
