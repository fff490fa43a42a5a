//! The known URLs.

use super::super::anchors::Names;
use super::super::batch::Batch;
use super::super::finding::Finding;
use super::super::scope::Site;
use super::entry::{Entry, Id, Part, State};
use super::rules::{Rules, Tally};
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;
use url::Url;

pub(crate) struct Frontier {
    pub(super) rules: Rules,
    pub(super) scope: Site,
    pub(super) names: Names,
    pub(super) ids: HashMap<Rc<str>, Id>,
    pub(super) entries: Vec<Entry>,
    /// URLs to check.
    pub(super) fresh: VecDeque<Id>,
    pub(super) findings: VecDeque<Finding>,
    /// The links of a page, until its answer comes: a retry finds them again.
    pub(super) seen: HashMap<Id, HashSet<(Id, Part)>>,
    /// The links of pages that are not entered, but may be later.
    pub(super) kept: HashMap<Id, Vec<Batch>>,
    /// The same for style sheets that no entered page uses.
    pub(super) kept_css: HashMap<Id, Vec<Batch>>,
    /// The links that have to be followed.
    pub(super) due: VecDeque<(Id, Batch)>,
    /// The pages that a page leads to, if levels are limited.
    pub(super) leads_to: HashMap<Id, Vec<Id>>,
    pub(super) starts: Vec<Id>,
    /// Starts whose redirects are not followed to the end yet: the scope may change.
    pub(super) unsettled: HashSet<Id>,
    pub(super) early: Vec<(Id, Batch)>,
    /// The broken links of forms that were reported, by page and URL.
    pub(super) reported_forms: HashSet<(Id, Id)>,
    /// External URLs that were requested, and are fine.
    pub(crate) fine: Vec<Rc<str>>,
    pub(crate) tally: Tally,
}

impl Frontier {
    pub(crate) fn new(rules: Rules, scope: Site, names: Names) -> Frontier {
        Frontier {
            rules,
            scope,
            names,
            ids: HashMap::new(),
            entries: Vec::new(),
            fresh: VecDeque::new(),
            findings: VecDeque::new(),
            seen: HashMap::new(),
            kept: HashMap::new(),
            kept_css: HashMap::new(),
            due: VecDeque::new(),
            leads_to: HashMap::new(),
            starts: Vec::new(),
            unsettled: HashSet::new(),
            early: Vec::new(),
            reported_forms: HashSet::new(),
            fine: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// The next URL to check.
    pub(crate) fn next(&mut self) -> Option<Id> {
        self.fresh.pop_front()
    }

    /// The next finding.
    pub(crate) fn finding(&mut self) -> Option<Finding> {
        self.findings.pop_front()
    }

    pub(crate) fn url(&self, id: Id) -> &Rc<str> {
        &self.entries[id.0 as usize].url
    }

    /// Whether the URL may be entered. Then it is read; otherwise its existence is
    /// checked.
    pub(crate) fn is_in_scope(&self, id: Id) -> bool {
        self.entries[id.0 as usize].in_scope
    }

    /// Whether it is a start, or the target of its redirects.
    pub(crate) fn is_root(&self, id: Id) -> bool {
        self.entries[id.0 as usize].is_root
    }

    pub(super) fn entry(&self, id: Id) -> &Entry {
        &self.entries[id.0 as usize]
    }

    pub(super) fn entry_mut(&mut self, id: Id) -> &mut Entry {
        &mut self.entries[id.0 as usize]
    }

    /// The number of a URL, and whether it is new. `None` if it is new and the limit is
    /// reached.
    pub(super) fn room_for(&mut self, url: &str) -> Option<(Id, bool)> {
        if let Some(&id) = self.ids.get(url) {
            return Some((id, false));
        }
        if self.entries.len() >= self.rules.max_urls {
            self.tally.left_out += 1;
            return None;
        }
        Some((self.enter(url), true))
    }

    /// The number of a URL, which may be new.
    pub(super) fn enter(&mut self, url: &str) -> Id {
        if let Some(&id) = self.ids.get(url) {
            return id;
        }
        let url: Rc<str> = url.into();
        let id = self.add(Rc::clone(&url));
        self.entry_mut(id).in_scope = self.scope.has(&url);
        self.ids.insert(url, id);
        id
    }

    /// Adds an entry.
    pub(super) fn add(&mut self, url: Rc<str>) -> Id {
        let id = Id(self.entries.len() as u32);
        self.entries.push(Entry {
            url,
            in_scope: false,
            state: State::Unmet,
            level: 0,
            hops: 0,
            is_root: false,
            is_mapped: false,
            is_style: false,
            waiting: Vec::new(),
        });
        id
    }

    /// Handles a link to a URL: the first one decides whether it is checked.
    pub(super) fn met(&mut self, id: Id) {
        if !matches!(self.entry(id).state, State::Unmet) {
            return;
        }
        let url = Rc::clone(self.url(id));
        let is_http = url.starts_with("http://") || url.starts_with("https://");
        if !is_http {
            self.entry_mut(id).state = State::Unknown;
            self.findings.push_back(Finding::NotHttp { url });
        } else if !self.entry(id).is_mapped
            && let Some(mapped) = self.mapped(&url)
        {
            let target = self.room_for(&mapped).map(|(target, _)| target);
            self.entry_mut(id).state = target.map_or(State::Unknown, State::Mapped);
            if let Some(target) = target {
                self.entry_mut(target).is_mapped = true;
                self.met(target);
            }
        } else if self.scope.leaves_out(&url) {
            self.entry_mut(id).state = State::Unknown;
        } else if !self.entry(id).in_scope && self.is_known_fine(&url) {
            self.entry_mut(id).state = State::Other(Box::default());
        } else {
            self.check(id);
        }
    }

    pub(super) fn is_known_fine(&self, url: &str) -> bool {
        (self.rules.fine.as_ref()).is_some_and(|fine| fine.contains(url))
    }

    /// The URL that is requested in place of this one, if another is: by
    /// [`Remap`](super::super::accept::Remap), or because it names a file.
    pub(crate) fn mapped(&self, url: &str) -> Option<String> {
        if let Some(folder) = self.scope.folder(url) {
            return folder.plain(url);
        }
        let mapped = self.rules.remap.iter().find_map(|remap| remap.apply(url))?;
        let mapped = Url::parse(&mapped).ok()?.to_string();
        (mapped != url).then_some(mapped)
    }

    pub(super) fn check(&mut self, id: Id) {
        self.tally.urls += 1;
        self.entry_mut(id).state = State::Open;
        self.fresh.push_back(id);
    }
}
