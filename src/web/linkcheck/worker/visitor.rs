//! What is found on a page, on its way to the coordinator.

use super::super::batch::{Batch, Kind, Link};
use super::super::cause::Cause;
use super::super::frontier::Id;
use super::{Event, Worker};
use crate::common::error::Error;
use crate::web::html::Charset;
use crate::web::links::resolve::Resolver;
use crate::web::links::{self, Invalid, Visit};

/// How much of a URL is kept that is of no use but to be shown, in bytes.
const SHOWN: usize = 200;

/// A longer URL is not asked for, in bytes: servers take some 8,000.
const LONGEST: usize = 64 << 10;

/// Whether a URL, or the beginning of one, is for a server.
fn is_http(url: &str) -> bool {
    let (scheme, _) = url.split_once(':').unwrap_or_default();
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

/// Gathers what is found on a page.
pub(super) struct Visitor<'a> {
    worker: &'a Worker,
    id: Id,
    batch: Batch,
    /// The rest of the page may have to be awaited.
    waits: bool,
    pub(super) anchors: Vec<u64>,
}

/// What a style sheet holds is told like the text of a `style` element.
const STYLE: links::Source = links::Source {
    element: "style",
    attribute: "url()",
};

impl Visitor<'_> {
    pub(super) fn new(worker: &Worker, id: Id, batch: Batch, waits: bool) -> Visitor<'_> {
        Visitor {
            worker,
            id,
            batch,
            waits,
            anchors: Vec::new(),
        }
    }

    /// What is there goes on.
    fn send(&mut self) -> Result<(), Error> {
        match self.batch.is_empty() {
            true => Ok(()),
            false => {
                let batch = self.batch.take();
                self.worker.send(Event::Links(self.id, batch))
            }
        }
    }

    /// The page has ended: its last links go on with what comes next.
    pub(super) fn end(&mut self) {
        if !self.batch.is_empty() {
            let batch = self.batch.take();
            self.worker.send_with_next(Event::Links(self.id, batch));
        }
    }

    /// A URL of a style sheet, or the beginning of one that is too long.
    pub(super) fn css(
        &mut self,
        raw: &[u8],
        is_cut: bool,
        resolver: &mut Resolver,
    ) -> Result<(), Error> {
        let raw = raw.trim_ascii();
        // What begins with # is within the page, whichever that is.
        if matches!(raw.first(), None | Some(b'#')) {
            return Ok(());
        }
        let failed = match is_cut {
            true => Err(links::Cause::TooLong),
            false => resolver
                .resolve(raw, Charset::UTF_8)
                .map_err(links::Cause::Url),
        };
        if let Err(cause) = failed {
            let raw = &String::from_utf8_lossy(&raw[..raw.len().min(SHOWN)]);
            let source = STYLE;
            let line = None;
            return self.invalid(&Invalid {
                raw,
                cause,
                source,
                line,
            });
        }
        let (url, fragment) = resolver.resolved();
        self.link(&links::Link {
            url,
            fragment,
            source: STYLE,
            posts: false,
            line: None,
        })
    }
}

impl Visit for Visitor<'_> {
    const ANCHORS: bool = true;
    const LINES: bool = true;

    fn link(&mut self, link: &links::Link<'_>) -> Result<(), Error> {
        let is_http = is_http(link.url);
        if is_http && link.url.len() > LONGEST {
            let start = link.url.get(..SHOWN).unwrap_or_default();
            self.batch
                .push_invalid(format!("{start}…"), Cause::too_long(LONGEST), link.line);
            return Ok(());
        }
        // Other schemes are of no use but to be shown, and `data:` may be long.
        let url = match is_http {
            true => link.url,
            false => link.url.get(..SHOWN).unwrap_or(link.url),
        };
        self.batch.push(Link {
            url,
            fragment: link.fragment,
            kind: match link.source.element {
                _ if link.posts => Kind::Post,
                "form" | "button" => Kind::Form,
                "input" if link.source.attribute == "formaction" => Kind::Form,
                "link" => Kind::Style,
                _ if link.source.attribute == STYLE.attribute => Kind::Style,
                // A refresh.
                "meta" => Kind::Enters,
                _ if link.source.enters() => Kind::Enters,
                _ => Kind::Uses,
            },
            line: link.line,
        });
        match self.batch.is_full() {
            true => self.send(),
            false => Ok(()),
        }
    }

    fn invalid(&mut self, invalid: &Invalid<'_>) -> Result<(), Error> {
        // What is too long to be read and is for no server: an image within the page.
        if invalid.cause == links::Cause::TooLong
            && let Some((scheme, _)) = invalid.raw.split_once(':')
            && scheme.bytes().all(|c| c.is_ascii_alphabetic() || c == b'-')
            && !is_http(invalid.raw)
        {
            let (url, fragment) = (invalid.raw, None);
            let kind = Kind::Uses;
            self.batch.push(Link {
                url,
                fragment,
                kind,
                line: invalid.line,
            });
            return Ok(());
        }
        let cause = Cause::invalid(invalid.cause);
        self.batch
            .push_invalid(invalid.raw.to_string(), cause, invalid.line);
        Ok(())
    }

    fn empty(&mut self, source: links::Source, line: Option<u64>) -> Result<(), Error> {
        let links::Source { element, attribute } = source;
        self.batch
            .push_empty(format!("<{element} {attribute}=\"\">"), line);
        Ok(())
    }

    fn anchor(&mut self, name: &[u8]) -> Result<(), Error> {
        self.anchors.push(self.worker.names.hash(name));
        Ok(())
    }

    /// Before more is awaited, what is there goes on.
    fn pause(&mut self) -> Result<(), Error> {
        match self.waits {
            true => self.send(),
            false => Ok(()),
        }
    }
}
