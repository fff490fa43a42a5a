//! Reads pages and style sheets: their links are sent as they are found.

use super::super::anchors::Anchors;
use super::super::batch::{Batch, Kind, Link};
use super::super::cause::Cause;
use super::super::folder;
use super::super::frontier::{Answer, Id};
use super::super::media::{self, Media};
use super::run::Worker;
use super::task::{Event, Outcome};
use super::visitor::Visitor;
use crate::common::error::Error;
use crate::common::stream;
use crate::web::fetch::{Failure, Page};
use crate::web::links::resolve::Resolver;
use crate::web::links::{self, css, refresh};
use std::io::{self, Read};
use url::{Position, Url};

impl Worker {
    /// Reads a page: its links are sent as they are found.
    pub(super) fn read(
        &self,
        id: Id,
        url: &str,
        mut page: Page,
        buffer: &mut [u8],
    ) -> Result<Outcome, Error> {
        let base = Url::parse(url).ok();
        if let Some(name) = page.ignore_unknown_encodings() {
            let cause = format!("content encoding {name} not understood");
            self.send_with_next(Event::Warning(id, cause));
        }
        self.refresh(id, base.as_ref(), &page);
        let media = Media::of(&page);
        match media {
            Media::Other(media_type) => return Ok(Outcome::Answered(Answer::Other(media_type))),
            Media::Unknown => page.set_content_type("text/html"),
            Media::Css => return self.style(id, base, page, buffer),
            Media::Html | Media::Xhtml => {}
        }
        let waits = folder::of(&self.settings.folders, url).is_none();
        let mut visitor = Visitor::new(self, id, Batch::default(), waits);
        let mut text = page.into_text()?;
        let mut head = Vec::new();
        if media == Media::Unknown {
            let mut first = text.by_ref().take(media::HEAD as u64);
            first.read_to_end(&mut head).map_err(Error::Read)?;
            if !media::is_html(&head) {
                return Ok(Outcome::Answered(Answer::Other(media::NONE.to_string())));
            }
        }
        let mut text = io::Cursor::new(head)
            .chain(text)
            .take(self.settings.max_size);
        let mut links = links::Links::new(base.as_ref(), options(media), &mut visitor);
        let read = loop {
            match stream::read(&mut text, buffer) {
                Ok(0) => break Ok(()),
                Ok(n) => {
                    links.set_charset(text.get_ref().get_ref().1.charset());
                    links.block(&buffer[..n])?;
                    if self.is_closed() {
                        break Ok(());
                    }
                }
                Err(error) => break Err(Error::Read(error)),
            }
        };
        links.end()?;
        visitor.end();
        let cut = self.cut(id, read, &mut text)?;
        let page = Answer::Page(Anchors::new(visitor.anchors, cut.is_some()));
        Ok(match cut {
            Some(cause) => Outcome::Cut(page, cause),
            None => Outcome::Answered(page),
        })
    }

    /// Reads a style sheet: its links are sent as they are found.
    pub(super) fn style(
        &self,
        id: Id,
        base: Option<Url>,
        page: Page,
        buffer: &mut [u8],
    ) -> Result<Outcome, Error> {
        let mut text = page.into_text()?.take(self.settings.max_size);
        let mut visitor = Visitor::new(self, id, Batch::of_css(), true);
        let (mut scanner, mut resolver) = (css::Scanner::new(), Resolver::new(base));
        let mut found = |url: &[u8], is_cut| visitor.css(url, is_cut, &mut resolver);
        let read = loop {
            match stream::read(&mut text, buffer) {
                Ok(0) => break Ok(()),
                Ok(_) if self.is_closed() => break Ok(()),
                Ok(n) => scanner.text(&buffer[..n], &mut found),
                Err(error) => break Err(Error::Read(error)),
            }
        };
        scanner.end(&mut found);
        visitor.end();
        let answer = Answer::Other("text/css".to_string());
        Ok(match self.cut(id, read, &mut text)? {
            Some(cause) => Outcome::Cut(answer, cause),
            None => Outcome::Answered(answer),
        })
    }

    /// Why the rest of a text is not read; `None` if all of it was.
    pub(super) fn cut<R: Read>(
        &self,
        id: Id,
        read: Result<(), Error>,
        text: &mut io::Take<R>,
    ) -> Result<Option<Cause>, Error> {
        Ok(match read {
            // Its size may be exactly the limit.
            Ok(()) if text.limit() == 0 => {
                let mut more = [0];
                let n = text.get_mut().read(&mut more).map_err(Error::Read)?;
                (n > 0).then(|| Cause::too_large(self.settings.max_size))
            }
            Ok(()) => None,
            // A decompression bomb.
            Err(error) => match Failure::of(&error) {
                Some(Failure::TooLarge(_)) => Some(Cause::of(&error)),
                Some(Failure::TrailingData { .. }) => {
                    self.send_with_next(Event::Warning(id, error.to_string()));
                    None
                }
                _ => return Err(error),
            },
        })
    }

    /// Sends the link of the header field `Refresh`, which is like `<meta
    /// http-equiv=refresh>`.
    pub(super) fn refresh(&self, id: Id, base: Option<&Url>, page: &Page) {
        let mut fields = page.headers().filter(|(name, _)| *name == "refresh");
        let Some(target) = fields.next().and_then(|(_, value)| refresh::url(value)) else {
            return;
        };
        let text = String::from_utf8_lossy(target);
        let mut batch = Batch::default();
        match Url::options().base_url(base).parse(&text) {
            Ok(url) => batch.push(Link {
                url: &url[..Position::AfterQuery],
                fragment: url.fragment(),
                kind: Kind::Enters,
                line: None,
            }),
            Err(error) => batch.push_invalid(
                text.into_owned(),
                Cause::invalid(format!("invalid URL: {error}")),
                None,
            ),
        }
        self.send_with_next(Event::Links(id, batch));
    }
}

/// Everything that a page of this kind uses.
fn options(media: Media) -> links::Options {
    links::Options {
        all: true,
        fragments: true,
        schemes: true,
        xml: media == Media::Xhtml,
        ..links::Options::default()
    }
}
