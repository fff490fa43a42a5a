//! Where the walk begins: URLs, folders and sitemaps.

use super::super::cause::Cause;
use super::entry::{Id, State};
use super::state::Frontier;
use std::rc::Rc;
use url::Url;

impl Frontier {
    /// Adds a start. Its host, and that of the target of its redirects, are the scope,
    /// unless another is set.
    pub(crate) fn start(&mut self, url: &Url) {
        let mut url = url.clone();
        url.set_fragment(None);
        self.scope.take_in(&url);
        let id = self.enter(url.as_str());
        if self.starts.contains(&id) {
            return;
        }
        let entry = self.entry_mut(id);
        (entry.in_scope, entry.is_root) = (true, true);
        self.starts.push(id);
        self.unsettled.insert(id);
        self.raise(id, self.rules.levels);
        self.check(id);
    }

    /// Adds a sitemap, whose links will come. It is not a page, and the URLs in it are on
    /// the level of a start.
    pub(crate) fn sitemap(&mut self, url: &Url) -> Id {
        let id = self.add(url.as_str().into());
        let level = self.rules.levels.saturating_add(1);
        let entry = self.entry_mut(id);
        (entry.level, entry.in_scope) = (level, true);
        entry.state = State::Open;
        id
    }

    /// Adds a folder, whose pages will come like those of a sitemap. It belongs to the
    /// site.
    pub(crate) fn folder(&mut self, top: &Url) -> Id {
        self.scope.take_in(top);
        self.sitemap(top)
    }

    /// All links of a sitemap have come.
    pub(crate) fn forget_links(&mut self, id: Id) {
        self.seen.remove(&id);
    }

    /// The starts that could not be read, each with its cause.
    pub(crate) fn failed_starts(&self) -> Vec<(Rc<str>, Rc<Cause>)> {
        let failed = |&start: &Id| match self.follow(start) {
            Ok((end, _)) => match &self.entry(end).state {
                State::Broken(cause) => Some((Rc::clone(self.url(start)), Rc::clone(cause))),
                State::Unknown => Some((Rc::clone(self.url(start)), Rc::new(Cause::not_read()))),
                _ => None,
            },
            Err(cause) => Some((Rc::clone(self.url(start)), Rc::new(cause))),
        };
        self.starts.iter().filter_map(failed).collect()
    }

    /// The starts that are not pages, each with its media type.
    pub(crate) fn starts_without_links(&self) -> impl Iterator<Item = (&Rc<str>, &str)> {
        self.starts.iter().filter_map(|&start| {
            let (end, _) = self.follow(start).ok()?;
            match &self.entry(end).state {
                State::Other(media_type) => Some((self.url(start), &**media_type)),
                _ => None,
            }
        })
    }
}
