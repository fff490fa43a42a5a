//! The answers for URLs, and redirects.

use super::super::cause::Cause;
use super::super::finding::Finding;
use super::entry::{Answer, CHAIN, Id, REDIRECTS, State};
use super::state::Frontier;
use std::rc::Rc;
use url::Url;

impl Frontier {
    /// Takes the answer for a URL.
    pub(crate) fn answered(&mut self, id: Id, answer: Answer) {
        self.tally.checked += 1;
        let state = match answer {
            Answer::Moved { status, to } => self.moved(id, status, *to),
            Answer::Page(anchors) => State::Page(anchors),
            Answer::Other(media_type) => {
                if self.entry(id).in_scope && self.entry(id).level > 1 {
                    let (url, media_type) = (Rc::clone(self.url(id)), media_type[..].into());
                    self.findings
                        .push_back(Finding::NotHtml { url, media_type });
                }
                if self.rules.fine.is_some() && !self.entry(id).in_scope && media_type.is_empty() {
                    self.fine.push(Rc::clone(self.url(id)));
                }
                State::Other(media_type.into())
            }
            Answer::Broken(cause) => State::Broken(Rc::new(cause)),
            Answer::Skipped => {
                self.tally.checked -= 1;
                self.tally.disallowed += 1;
                let url = Rc::clone(self.url(id));
                self.findings.push_back(Finding::Disallowed { url });
                State::Unknown
            }
        };
        let is_page = matches!(state, State::Page(_));
        self.entry_mut(id).state = state;
        self.settle(id);
        self.seen.remove(&id);
        if is_page && self.entry(id).level > 1 {
            self.tally.pages += 1;
        }
        for link in std::mem::take(&mut self.entry_mut(id).waiting) {
            self.attach(link);
        }
        self.follow_due();
    }

    /// Notes that the answer for a start, or for the target of its redirects, is known.
    pub(super) fn settle(&mut self, id: Id) {
        if self.unsettled.remove(&id) {
            if let State::Moved { to, .. } = self.entry(id).state
                && matches!(self.entry(to).state, State::Open)
            {
                self.unsettled.insert(to);
            }
            if self.unsettled.is_empty() {
                for (page, batch) in std::mem::take(&mut self.early) {
                    self.take(page, batch);
                }
            }
        }
    }

    pub(super) fn moved(&mut self, id: Id, status: u16, mut to: Url) -> State {
        let hops = self.entry(id).hops + 1;
        if hops > CHAIN {
            return State::Broken(Rc::new(Cause::too_many_redirects(REDIRECTS)));
        }
        let fragment = to.fragment().map(Box::from);
        to.set_fragment(None);
        let mapped = self.mapped(to.as_str());
        if let Some(mapped) = mapped.and_then(|url| Url::parse(&url).ok()) {
            to = mapped;
        }
        let is_root = self.entry(id).is_root;
        if is_root {
            self.scope.take_in(&to);
        }
        let Some((target, is_new)) = self.room_for(to.as_str()) else {
            return State::Unknown;
        };
        if is_new {
            let entry = self.entry_mut(target);
            entry.hops = hops;
            entry.is_mapped = true;
            entry.is_root = is_root;
            entry.in_scope |= is_root;
            if is_root {
                self.check(target);
            }
        }
        if self.scope.wants(to.as_str(), fragment.as_deref()) {
            self.met(target);
        }
        self.raise(target, self.entry(id).level);
        if self.entry(id).is_style {
            self.use_style(target);
        }
        State::Moved {
            status,
            to: target,
            fragment,
        }
    }
}
