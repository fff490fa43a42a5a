//! What linkcheck has to tell, and the three forms in which it does.
//!
//! A finding is one line, written as soon as it is known. URLs come from
//! [`url`], so they are ASCII without blanks and control characters; a link that
//! is no URL has what a terminal would obey spelled out.

use super::cause::Cause;
use crate::cli::visible;
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
    /// A link that nobody checks.
    NotHttp { url: Rc<str> },
    /// A page that was to be entered and is none.
    NotHtml { url: Rc<str> },
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
                let Row {
                    kind,
                    source,
                    url,
                    word,
                    cause,
                    ..
                } = self.row();
                let word = word.unwrap_or_default();
                let source = source.unwrap_or_default();
                let cause = visible(&cause.unwrap_or_default());
                format!("{kind}\t{source}\t{}\t{word}\t{cause}\n", visible(url))
            }
            Format::Jsonl => {
                let row = self.row();
                let mut line = json::Line::new();
                line.string("kind", Some(row.kind));
                line.string("source", row.source);
                line.string("url", Some(row.url));
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
                format!(
                    "Broken link {source} -> {} ({})",
                    visible(url),
                    visible(&cause.text)
                )
            }
            Finding::Redirected {
                source,
                url,
                to,
                status,
            } => {
                format!("Redirected link {source} -> {url} ({status} to {to})")
            }
            Finding::NotHttp { url } => format!("Not http: {}", visible(url)),
            Finding::NotHtml { url } => format!("Not html: {url}"),
            Finding::Disallowed { url } => format!("Not allowed by robots.txt: {url}"),
        }
    }

    fn row(&self) -> Row<'_> {
        match self {
            Finding::Broken { source, url, cause } => Row {
                kind: "broken",
                source: Some(source),
                url,
                word: Some(cause.word),
                cause: Some(cause.text.clone()),
                status: cause.status,
            },
            Finding::Redirected {
                source,
                url,
                to,
                status,
            } => Row {
                kind: "redirected",
                source: Some(source),
                url,
                word: None,
                cause: Some(format!("to {to}")),
                status: Some(*status),
            },
            Finding::NotHttp { url } => Row::plain("not-http", url),
            Finding::NotHtml { url } => Row::plain("not-html", url),
            Finding::Disallowed { url } => Row::plain("disallowed", url),
        }
    }
}

/// A finding in columns.
struct Row<'a> {
    kind: &'static str,
    source: Option<&'a str>,
    url: &'a str,
    word: Option<&'static str>,
    cause: Option<String>,
    status: Option<u16>,
}

impl<'a> Row<'a> {
    fn plain(kind: &'static str, url: &'a str) -> Row<'a> {
        Row {
            kind,
            source: None,
            url,
            word: None,
            cause: None,
            status: None,
        }
    }
}
