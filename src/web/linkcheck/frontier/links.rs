//! The links of pages: they are followed if their page is entered.

use super::super::batch::{self, Batch, Invalid, Kind};
use super::super::finding::Finding;
use super::entry::{Id, Link, Part, State};
use super::rules::{ALL_LEVELS, below};
use super::state::Frontier;
use std::collections::HashSet;
use std::rc::Rc;
use url::Url;

impl Frontier {
    /// Takes links of a page, as they are found on it.
    pub(crate) fn links(&mut self, page: Id, batch: Batch) {
        self.settle(page);
        self.take(page, batch);
        self.follow_due();
    }

    /// Reports a warning for a page that browsers show nevertheless.
    pub(crate) fn warn_of_page(&mut self, page: Id, cause: String) {
        if self.rules.warnings {
            let (source, url) = (Rc::clone(self.url(page)), Rc::clone(self.url(page)));
            let line = None;
            let finding = Finding::Warning {
                source,
                url,
                cause,
                line,
            };
            self.findings.push_back(finding);
        }
    }

    /// Follows links now, or keeps them for later.
    pub(super) fn take(&mut self, page: Id, batch: Batch) {
        if !self.unsettled.is_empty() {
            self.early.push((page, batch));
        } else if batch.is_css {
            match self.entry(page).is_style {
                true => self.due.push_back((page, batch)),
                false => self.kept_css.entry(page).or_default().push(batch),
            }
        } else if self.entry(page).level > 1 {
            self.due.push_back((page, batch));
        } else if self.rules.levels > 2 {
            self.kept.entry(page).or_default().push(batch);
        }
    }

    /// Follows the links that are due. More may become due, so they are in a queue:
    /// recursion could go as deep as the site.
    pub(super) fn follow_due(&mut self) {
        let mut done = HashSet::new();
        while let Some((page, batch)) = self.due.pop_front() {
            self.expand(page, &batch);
            if !matches!(self.entry(page).state, State::Open) {
                done.insert(page);
            }
        }
        for page in done {
            self.seen.remove(&page);
        }
    }

    /// Follows links of a page that is entered.
    fn expand(&mut self, page: Id, batch: &Batch) {
        for invalid in batch.invalid() {
            self.report_invalid(page, invalid);
        }
        for link in batch.links() {
            self.follow_link(page, &link);
        }
    }

    /// Reports an invalid URL of a page.
    fn report_invalid(&mut self, page: Id, invalid: &Invalid) {
        let Invalid { raw, cause, line } = invalid;
        let is_reported = cause.is_some() || self.rules.warnings;
        if !is_reported || !self.scope.wants(raw, None) {
            return;
        }
        let mark = Part::Invalid(self.names.hash(raw.as_bytes()));
        if !self.seen.entry(page).or_default().insert((page, mark)) {
            return;
        }
        let source = Rc::clone(self.url(page));
        let (url, line) = (raw[..].into(), *line);
        match cause {
            Some(cause) => {
                self.tally.links += 1;
                self.broken(source, url, Rc::new(cause.clone()), line);
            }
            None => self.findings.push_back(Finding::Warning {
                source,
                url,
                cause: "empty".to_string(),
                line,
            }),
        }
    }

    /// Follows a link of a page.
    fn follow_link(&mut self, page: Id, link: &batch::Link<'_>) {
        let fragment = link.fragment.filter(|_| self.rules.fragments);
        if !self.scope.wants(link.url, fragment) {
            return;
        }
        let Some((target, _)) = self.room_for(link.url) else {
            return;
        };
        self.met(target);
        if link.kind == Kind::Enters {
            let level = self.entry(page).level;
            if level != ALL_LEVELS {
                self.leads_to.entry(page).or_default().push(target);
            }
            self.raise(target, below(level));
        } else {
            self.raise(target, 1);
        }
        if link.kind == Kind::Style {
            self.use_style(target);
        }
        let mark = fragment.map(|fragment| self.names.hash(fragment.as_bytes()));
        let is_strict = !matches!(link.kind, Kind::Form | Kind::Post);
        let seen = self.seen.entry(page).or_default();
        let is_new = seen.insert((target, Part::Fragment(mark)));
        let is_first = seen.insert((target, Part::Whole));
        let is_first_strict = is_strict && seen.insert((target, Part::Strict)) && !is_first;
        if is_new || is_first_strict {
            self.tally.links += u64::from(is_new);
            self.attach(Link {
                source: page,
                url: target,
                asks: target,
                kind: link.kind,
                is_first,
                is_first_strict,
                fragment: fragment.map(Box::from),
                line: link.line,
            });
        }
        if is_first && self.rules.require_https {
            self.ask_for_https(page, target, link.line);
        }
    }

    /// Checks whether a link to http works with https, too.
    fn ask_for_https(&mut self, source: Id, url: Id, line: Option<u64>) {
        let secure = Url::parse(self.url(url)).ok().and_then(|mut secure| {
            // On another port there may be another server.
            let is_plain = secure.scheme() == "http" && secure.port().is_none();
            is_plain
                .then(|| secure.set_scheme("https"))
                .transpose()
                .ok()??;
            Some(secure)
        });
        let Some((asks, _)) = secure.and_then(|secure| self.room_for(secure.as_str())) else {
            return;
        };
        self.met(asks);
        self.raise(asks, 1);
        self.attach(Link {
            source,
            url,
            asks,
            kind: Kind::Uses,
            is_first: true,
            is_first_strict: false,
            fragment: None,
            line,
        });
    }
}
