//! Reads files of folders, and lists of pages: folders and sitemaps.

use super::super::batch::{Batch, Kind, Link};
use super::super::cause::Cause;
use super::super::folder::{Folder, Target};
use super::super::frontier::{Answer, Id};
use super::super::sitemap::{self, Item};
use super::run::Worker;
use super::task::{Event, Outcome, Reason, Task};
use crate::common::error::Error;
use crate::web::fetch::Failure;
use std::mem;
use std::ops::ControlFlow;
use url::Url;

impl Worker {
    /// Reads a file of a folder, or finds out whether it exists.
    pub(super) fn file(
        &self,
        task: &Task,
        folder: &Folder,
        buffer: &mut [u8],
    ) -> Result<Outcome, Error> {
        let path = match folder.find(task.url()) {
            Ok(Target::File(path)) => path,
            Ok(Target::Folder(url)) => {
                let to =
                    Url::parse(&url).map_err(|error| Failure::Url(error.to_string().into()))?;
                let (status, to) = (301, Box::new(to));
                return Ok(Outcome::Answered(Answer::Moved { status, to }));
            }
            Err(cause) => return Ok(Outcome::Failed(cause, Reason::Final)),
        };
        let Task::Read { id, url, .. } = task else {
            return Ok(Outcome::Answered(Answer::Other(String::new())));
        };
        let file = Url::from_file_path(&path).map_err(|()| Failure::Url("invalid path".into()))?;
        let page = self.settings.others.plain.get(file.as_str())?;
        self.read(*id, url, page, buffer)
    }

    /// Lists the pages of a folder. Returns their number.
    pub(super) fn pages(&self, id: Id, folder: &Folder) -> u64 {
        let (mut batch, mut listed) = (Batch::default(), 0);
        let take = |url: &str| {
            listed += 1;
            batch.push(Link {
                url,
                fragment: None,
                kind: Kind::Enters,
                line: None,
            });
            self.send_full(id, &mut batch)
        };
        folder.pages(take, |object, cause| {
            self.send(Event::Unreadable(object.to_string(), cause.to_string()));
        });
        self.send_with_next(Event::Links(id, batch));
        listed
    }

    /// Reads a sitemap: its URLs are sent as they are found. Returns their number.
    pub(super) fn list(&self, id: Id, url: &str) -> Result<u64, Error> {
        let mut page = self
            .settings
            .fetchers(url)
            .patient
            .get(&self.settings.with_user(url))?;
        page.ignore_unknown_encodings();
        let page = page.into_reader()?;
        let base = Url::parse(url).map_err(|error| Failure::Url(error.to_string().into()))?;
        let mut batch = Batch::default();
        let mut listed = 0;
        let read = sitemap::read(page, &base, |item, url| {
            listed += 1;
            match (item, Url::parse(url)) {
                (Item::Sitemap, _) => self.send(Event::Sitemap(url.to_string())),
                (Item::Page, Ok(mut url)) => {
                    url.set_fragment(None);
                    batch.push(Link {
                        url: url.as_str(),
                        fragment: None,
                        kind: Kind::Enters,
                        line: None,
                    });
                }
                (Item::Page, Err(error)) => batch.push_invalid(
                    url.to_string(),
                    Cause::invalid(format!("invalid URL: {error}")),
                    None,
                ),
            }
            self.send_full(id, &mut batch)
        });
        // The URLs before an error count.
        self.send_with_next(Event::Links(id, batch));
        read.map(|()| listed)
    }

    /// Sends a batch if it is full. Returns whether to go on.
    fn send_full(&self, id: Id, batch: &mut Batch) -> ControlFlow<()> {
        if batch.is_full() {
            self.send(Event::Links(id, mem::take(batch)));
        }
        match self.is_closed() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}
