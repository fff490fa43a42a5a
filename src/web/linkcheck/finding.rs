//! Findings, and their formats.
//!
//! A finding is one line. URLs are serialized by [`url`], so they are ASCII without
//! blanks and control characters; in an invalid one, control characters are escaped.

use super::cause::Cause;
use super::folder::{self, Folder};
use crate::common::json;
use crate::common::show::visible;
use crate::web::fetch;
use std::rc::Rc;

/// The format of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// `Broken link SOURCE -> URL (CAUSE)`, as in the talk.
    #[default]
    Text,
    /// Kind, source, URL, word, cause and line, separated by TABs.
    Tsv,
    /// An object a line.
    Jsonl,
    /// A workflow command a line, which GitHub shows as an annotation.
    Github,
}

/// A line of output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    /// A broken link.
    Broken {
        source: Rc<str>,
        url: Rc<str>,
        cause: Rc<Cause>,
        line: Option<u64>,
    },
    /// A link that is redirected.
    Redirected {
        source: Rc<str>,
        url: Rc<str>,
        to: Rc<str>,
        status: u16,
        line: Option<u64>,
    },
    /// A link that works, but should be changed.
    Warning {
        source: Rc<str>,
        url: Rc<str>,
        cause: String,
        line: Option<u64>,
    },
    /// A link that is not checked.
    NotHttp { url: Rc<str> },
    /// A URL of the site that is not a page.
    NotHtml { url: Rc<str>, media_type: Box<str> },
    /// A URL that robots.txt disallows.
    Disallowed { url: Rc<str> },
}

impl Finding {
    /// Whether it is reported only with [`Options::verbose`](super::Options::verbose).
    pub(super) fn is_information(&self) -> bool {
        matches!(
            self,
            Finding::NotHttp { .. } | Finding::NotHtml { .. } | Finding::Disallowed { .. }
        )
    }

    /// The line for it, with its newline.
    pub(super) fn line(&self, format: Format, folders: &[Folder]) -> String {
        let row = self.row(folders);
        match format {
            Format::Text => row.text() + "\n",
            Format::Tsv => row.columns() + "\n",
            Format::Jsonl => {
                let mut line = json::Line::new();
                line.string("kind", Some(row.kind));
                line.string("source", row.source.as_deref());
                row.members(&mut line);
                line.number("line", row.line);
                line.end()
            }
            Format::Github => row.annotation(&row.text()),
        }
    }

    /// The finding in columns.
    pub(super) fn row(&self, folders: &[Folder]) -> Row {
        let file = match self {
            Finding::Broken { source, .. }
            | Finding::Redirected { source, .. }
            | Finding::Warning { source, .. } => {
                folder::of(folders, source).and_then(|folder| folder.path(source))
            }
            _ => None,
        };
        Row {
            file,
            ..self.row_of_any(folders)
        }
    }

    /// The same, without the file of the page.
    fn row_of_any(&self, folders: &[Folder]) -> Row {
        let displayed = |url: &str| displayed(url, folders);
        let about = |kind, url: &str| Row::of(kind, displayed(url));
        match self {
            Finding::Broken {
                source,
                url,
                cause,
                line,
            } => Row {
                line: *line,
                source: Some(displayed(source)),
                word: Some(cause.word),
                cause: Some(visible(&cause.text)),
                status: cause.status,
                ..about("broken", url)
            },
            Finding::Redirected {
                source,
                url,
                to,
                status,
                line,
            } => Row {
                line: *line,
                source: Some(displayed(source)),
                cause: Some(format!("to {}", displayed(to))),
                status: Some(*status),
                ..about("redirected", url)
            },
            Finding::Warning {
                source,
                url,
                cause,
                line,
            } => Row {
                line: *line,
                source: Some(displayed(source)),
                cause: Some(visible(cause)),
                ..about("warning", url)
            },
            Finding::NotHttp { url } => about("not-http", url),
            Finding::NotHtml { url, media_type } => Row {
                cause: Some(visible(media_type)).filter(|text| !text.is_empty()),
                ..about("not-html", url)
            },
            Finding::Disallowed { url } => about("disallowed", url),
        }
    }
}

/// A URL as messages show it: without user name and password, and with control characters
/// escaped. A file of a folder is shown by its path.
pub(super) fn displayed(url: &str, folders: &[Folder]) -> String {
    if let Some(path) = folder::of(folders, url).and_then(|folder| folder.shown(url)) {
        return visible(&path);
    }
    // Mail addresses are shown.
    match url.starts_with("mailto:") {
        true => visible(url),
        false => visible(&fetch::shown(url)),
    }
}

/// A finding in columns.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) kind: &'static str,
    pub(super) source: Option<String>,
    pub(super) url: String,
    word: Option<&'static str>,
    pub(super) cause: Option<String>,
    status: Option<u16>,
    /// Where the link stands on its page.
    pub(super) line: Option<u64>,
    /// The path of the page, if it is a file of a folder.
    file: Option<String>,
}

impl Row {
    fn of(kind: &'static str, url: String) -> Row {
        Row {
            kind,
            source: None,
            url,
            word: None,
            cause: None,
            status: None,
            line: None,
            file: None,
        }
    }

    /// The kind in the text format.
    fn label(&self) -> &'static str {
        match self.kind {
            "broken" => "Broken link",
            "redirected" => "Redirected link",
            "warning" => "Warning",
            "not-http" => "Not http:",
            "not-html" => "Not html:",
            _ => "Not allowed by robots.txt:",
        }
    }

    /// The cause in brackets.
    fn detail(&self) -> String {
        match (&self.cause, self.status) {
            (Some(cause), Some(status)) if self.kind == "redirected" => {
                format!(" ({status} {cause})")
            }
            (Some(cause), _) => format!(" ({cause})"),
            (None, _) => String::new(),
        }
    }

    fn text(&self) -> String {
        let (label, url, detail) = (self.label(), &self.url, self.detail());
        match &self.source {
            Some(source) => format!("{label} {source} -> {url}{detail}"),
            None => format!("{label} {url}{detail}"),
        }
    }

    /// The same without its page.
    pub(super) fn about(&self) -> String {
        format!("{} {}{}", self.label(), self.url, self.detail())
    }

    /// The columns, separated by TABs.
    pub(super) fn columns(&self) -> String {
        let source = self.source.as_deref().unwrap_or_default();
        let word = self.word.unwrap_or_default();
        let cause = self.cause.as_deref().unwrap_or_default();
        let line = self.line.map(|line| line.to_string()).unwrap_or_default();
        format!(
            "{}\t{source}\t{}\t{word}\t{cause}\t{line}",
            self.kind, self.url
        )
    }

    /// Writes the members of the object, except the kind and the page.
    pub(super) fn members(&self, line: &mut json::Line) {
        line.string("url", Some(&self.url));
        line.string("error", self.word);
        line.string("cause", self.cause.as_deref());
        line.number("status", self.status.map(u64::from));
    }

    /// A workflow command of GitHub, which shows a message as an annotation.
    pub(super) fn annotation(&self, message: &str) -> String {
        let level = match self.kind {
            "broken" => "error",
            "redirected" | "warning" => "warning",
            _ => "notice",
        };
        // Messages have no other characters that need escapes.
        let message = message.replace('%', "%25");
        let mut place = String::new();
        if let Some(file) = &self.file {
            let escaped = |c: char| match c {
                '%' | '\r' | '\n' | ':' | ',' => format!("%{:02X}", u32::from(c)),
                c => c.to_string(),
            };
            place = format!(",file={}", file.chars().map(escaped).collect::<String>());
            let line = self.line.map(|line| format!(",line={line}"));
            place.push_str(&line.unwrap_or_default());
        }
        format!("::{level} title=linkcheck{place}::{message}\n")
    }
}
