//! Collects the links of a page in batches.

use super::super::batch::{Batch, Kind, Link};
use super::super::cause::Cause;
use super::super::frontier::Id;
use super::run::Worker;
use super::task::Event;
use crate::common::error::Error;
use crate::web::html::Charset;
use crate::web::links::resolve::Resolver;
use crate::web::links::{self, Invalid, Source, Visit};

/// How much of a URL is kept that is only shown, in bytes.
const SHOWN: usize = 200;

/// The longest URL that is requested, in bytes. Servers accept some 8,000.
const LONGEST: usize = 64 << 10;

/// Whether a URL, or its beginning, is http or https.
fn is_http(url: &str) -> bool {
    let (scheme, _) = url.split_once(':').unwrap_or_default();
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

/// Collects the links of a page.
pub(super) struct Visitor<'a> {
    worker: &'a Worker,
    id: Id,
    batch: Batch,
    /// Reading the page may block.
    waits: bool,
    pub(super) anchors: Vec<u64>,
}

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

    /// Sends the links so far.
    fn send(&mut self) {
        if !self.batch.is_empty() {
            let batch = self.batch.take();
            self.worker.send(Event::Links(self.id, batch));
        }
    }

    /// Ends the page: its last links are sent with the next event.
    pub(super) fn end(&mut self) {
        if !self.batch.is_empty() {
            let batch = self.batch.take();
            self.worker.send_with_next(Event::Links(self.id, batch));
        }
    }

    /// A URL of a style sheet, or the beginning of one that is too long.
    pub(super) fn css(&mut self, raw: &[u8], is_cut: bool, resolver: &mut Resolver) {
        let raw = raw.trim_ascii();
        // A fragment alone is within the page that uses the style sheet.
        if matches!(raw.first(), None | Some(b'#')) {
            return;
        }
        let resolved = match is_cut {
            true => Err(links::Cause::TooLong),
            false => resolver
                .resolve(raw, Charset::UTF_8)
                .map_err(links::Cause::Url),
        };
        match resolved {
            Ok(()) => {
                let (url, fragment) = resolver.resolved();
                self.add(&links::Link {
                    url,
                    fragment,
                    source: Source::STYLE,
                    posts: false,
                    line: None,
                });
            }
            Err(cause) => self.add_invalid(&Invalid {
                raw: &String::from_utf8_lossy(&raw[..raw.len().min(SHOWN)]),
                cause,
                source: Source::STYLE,
                line: None,
            }),
        }
    }

    /// Adds a link to the batch.
    fn add(&mut self, link: &links::Link<'_>) {
        let is_http = is_http(link.url);
        if is_http && link.url.len() > LONGEST {
            let start = link.url.get(..SHOWN).unwrap_or_default();
            self.batch
                .push_invalid(format!("{start}…"), Cause::too_long(LONGEST), link.line);
            return;
        }
        // URLs of other schemes are only shown, and `data:` may be long.
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
                _ if link.source.attribute == Source::STYLE.attribute => Kind::Style,
                // A refresh.
                "meta" => Kind::Enters,
                _ if link.source.enters() => Kind::Enters,
                _ => Kind::Uses,
            },
            line: link.line,
        });
        if self.batch.is_full() {
            self.send();
        }
    }

    /// Adds an invalid URL to the batch.
    fn add_invalid(&mut self, invalid: &Invalid<'_>) {
        // A long URL that is not http is an image within the page.
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
            return;
        }
        let cause = Cause::invalid(invalid.cause);
        self.batch
            .push_invalid(invalid.raw.to_string(), cause, invalid.line);
    }
}

impl Visit for Visitor<'_> {
    const ANCHORS: bool = true;
    const LINES: bool = true;

    fn link(&mut self, link: &links::Link<'_>) -> Result<(), Error> {
        self.add(link);
        Ok(())
    }

    fn invalid(&mut self, invalid: &Invalid<'_>) -> Result<(), Error> {
        self.add_invalid(invalid);
        Ok(())
    }

    fn empty(&mut self, source: Source, line: Option<u64>) -> Result<(), Error> {
        let Source { element, attribute } = source;
        self.batch
            .push_empty(format!("<{element} {attribute}=\"\">"), line);
        Ok(())
    }

    fn anchor(&mut self, name: &[u8]) -> Result<(), Error> {
        self.anchors.push(self.worker.settings.names.hash(name));
        Ok(())
    }

    /// Sends the links so far, before a read that may block.
    fn pause(&mut self) -> Result<(), Error> {
        if self.waits {
            self.send();
        }
        Ok(())
    }
}
