//! The frontier: every URL that was met, what is known of it, and who links to
//! it. It owns all of that and fetches nothing: links and answers go in, URLs
//! to check and findings come out. It is the same sequential code for one
//! worker as for a hundred, and in whatever order the answers come, the findings
//! are the same.
//!
//! - A URL is to be checked when it is met first, and never again.
//! - A link to a URL whose answer is not there yet waits with that URL. So all
//!   links to a broken one are found, those met later too; and a fragment is
//!   looked for when the page is there, without a second request.
//! - A redirect is a step from one URL to another. Its target is a URL like any
//!   other, checked once, whoever else links or leads to it.
//! - A page may be met on a long way first and on a short one later, or by an
//!   image first and by an anchor later. When that takes it within the levels
//!   to be entered, its links are followed then: they were kept.
//!
//! - A style sheet that an entered page uses is on the level of an image, and so
//!   is what it uses itself.
//!
//! Costs: some 400 bytes for a URL and 8 for an anchor of a page, 40 for a link
//! as long as its answer is awaited; on a walk of limited depth also the links
//! of each page.

mod verdict;

use super::accept::Remap;
use super::anchors::{Anchors, Names};
use super::batch::{Batch, Invalid, Kind};
use super::cause::Cause;
use super::finding::Finding;
use super::scope::Site;
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;
use url::Url;

/// How many redirects may follow one on the other.
const REDIRECTS: usize = 20;

/// A chain of redirects is followed so far, since another link may lead to the
/// middle of it, where it is short enough.
const CHAIN: u8 = 100;

/// The whole site: as many levels as there are.
pub(super) const ALL_LEVELS: u32 = u32::MAX;

/// A URL that was met, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Id(u32);

/// What to find, besides broken links.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    /// How many levels of pages there are, the start's included; the last one
    /// is checked, not entered.
    pub(super) levels: u32,
    /// How many URLs to know at most.
    pub(super) max_urls: usize,
    /// Look for the fragments of links.
    pub(super) fragments: bool,
    /// Tell of links that are redirected.
    pub(super) redirects: bool,
    /// Tell of links that work, and should be mended all the same.
    pub(super) warnings: bool,
    /// What to ask for in place of the URLs that pages have.
    pub(super) remap: Vec<Remap>,
    /// Find links to http that work with https.
    pub(super) require_https: bool,
    /// External URLs that are known to be fine.
    pub(super) fine: Option<HashSet<String>>,
}

/// What came of a URL.
#[derive(Debug)]
pub(super) enum Answer {
    /// A page whose links were delivered.
    Page(Anchors),
    /// It is there, and not a page: its media type, empty if that is not known.
    Other(String),
    /// It is over there.
    Moved {
        status: u16,
        to: Box<Url>,
    },
    Broken(Cause),
    /// It was not asked for.
    Skipped,
}

#[derive(Debug)]
enum State {
    /// The user does not want it, as far as is known: a redirect that is left out led here.
    Unmet,
    /// Not asked for, or not answered yet.
    Open,
    Page(Anchors),
    /// It is there, and not a page: its media type.
    Other(Box<str>),
    Moved {
        status: u16,
        to: Id,
        fragment: Option<Box<str>>,
    },
    /// The user wants another URL to be asked for in its place.
    Mapped(Id),
    Broken(Rc<Cause>),
    /// Nothing will ever be known of it: not in the user's interest, or beyond a limit.
    Unknown,
}

#[derive(Debug)]
struct Entry {
    url: Rc<str>,
    state: State,
    /// How many levels there are from here on, itself included: 1 means that
    /// it is checked, more that it is entered.
    level: u32,
    in_scope: bool,
    /// How many redirects led here when it was met.
    hops: u8,
    /// The user has named it, or it is where the redirects of such a one lead.
    is_root: bool,
    /// It is asked for in place of another one, and so not mapped itself.
    is_mapped: bool,
    /// A page that is entered uses it: if it is a style sheet, its links count.
    is_style: bool,
    waiting: Vec<Link>,
}

/// What a link names.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Part {
    /// All of a URL, whatever its fragment.
    Whole,
    /// All of it, by a link that is not a form's.
    Strict,
    /// A fragment, hashed, or none.
    Fragment(Option<u64>),
    /// What is no URL, hashed.
    Invalid(u64),
}

/// A link whose answer is awaited.
#[derive(Debug)]
struct Link {
    source: Id,
    /// The URL that it names: it may wait for another one, where a redirect leads.
    url: Id,
    /// What is asked: the same URL, or the same with https, if that is the question.
    asks: Id,
    kind: Kind,
    /// The page links to that URL for the first time: what is wrong with all of
    /// it is told once, whatever fragments it is linked to with.
    is_first: bool,
    /// The first that is not a form's, where a form's came before: what was
    /// excused there counts here.
    is_first_strict: bool,
    fragment: Option<Box<str>>,
    line: Option<u64>,
}

/// The numbers of it all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Pages whose links were followed.
    pub pages: u64,
    /// Links found on them: a URL with its fragment counts once a page.
    pub links: u64,
    /// URLs to check.
    pub urls: u64,
    /// URLs that were checked.
    pub checked: u64,
    /// Broken links found.
    pub broken: u64,
    /// URLs that robots.txt keeps us from.
    pub disallowed: u64,
    /// Links to URLs that were left out because there were too many.
    pub left_out: u64,
}

pub(super) struct Frontier {
    rules: Rules,
    scope: Site,
    names: Names,
    ids: HashMap<Rc<str>, Id>,
    entries: Vec<Entry>,
    /// URLs to check.
    fresh: VecDeque<Id>,
    findings: VecDeque<Finding>,
    /// The links of a page that were delivered, until its answer is complete:
    /// a second try delivers them again.
    seen: HashMap<Id, HashSet<(Id, Part)>>,
    /// The links of pages that are not entered; perhaps they will be.
    held: HashMap<Id, Vec<Batch>>,
    /// The same for style sheets that no page uses that is entered.
    held_css: HashMap<Id, Vec<Batch>>,
    /// The links of pages that are entered after all, to be followed.
    due: VecDeque<(Id, Batch)>,
    /// What entered pages lead to, where levels are counted.
    ways: HashMap<Id, Vec<Id>>,
    starts: Vec<Id>,
    /// Starts of which it is not known where their redirects end, and the links
    /// that were delivered meanwhile: the scope may still change.
    unsettled: HashSet<Id>,
    early: Vec<(Id, Batch)>,
    /// Broken forms that were told, by page and URL.
    told_forms: HashSet<(Id, Id)>,
    /// External URLs that were asked for, and are fine.
    pub(super) fine: Vec<Rc<str>>,
    pub(super) tally: Tally,
}

impl Frontier {
    pub(super) fn new(rules: Rules, scope: Site, names: Names) -> Frontier {
        Frontier {
            rules,
            scope,
            names,
            ids: HashMap::new(),
            entries: Vec::new(),
            fresh: VecDeque::new(),
            findings: VecDeque::new(),
            seen: HashMap::new(),
            held: HashMap::new(),
            held_css: HashMap::new(),
            due: VecDeque::new(),
            ways: HashMap::new(),
            starts: Vec::new(),
            unsettled: HashSet::new(),
            early: Vec::new(),
            told_forms: HashSet::new(),
            fine: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// A URL to begin with. Its host, and the one that its redirects lead to,
    /// are the scope, unless the user has set another.
    pub(super) fn start(&mut self, url: &Url) {
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

    /// The next URL to check.
    pub(super) fn next(&mut self) -> Option<Id> {
        self.fresh.pop_front()
    }

    /// The next thing to tell.
    pub(super) fn finding(&mut self) -> Option<Finding> {
        self.findings.pop_front()
    }

    pub(super) fn url(&self, id: Id) -> &Rc<str> {
        &self.entries[id.0 as usize].url
    }

    /// Whether the URL may be entered: then it is read, otherwise just looked at.
    pub(super) fn is_in_scope(&self, id: Id) -> bool {
        self.entries[id.0 as usize].in_scope
    }

    /// Whether it is a start, or where one leads: nobody keeps us from these.
    pub(super) fn is_root(&self, id: Id) -> bool {
        self.entries[id.0 as usize].is_root
    }

    /// The starts that could not be read, each with its cause.
    pub(super) fn failed_starts(&self) -> Vec<(Rc<str>, Rc<Cause>)> {
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

    /// The starts that are no pages, each with its media type.
    pub(super) fn starts_without_links(&self) -> impl Iterator<Item = (&Rc<str>, &str)> {
        self.starts.iter().filter_map(|&start| {
            let (end, _) = self.follow(start).ok()?;
            match &self.entry(end).state {
                State::Other(media_type) => Some((self.url(start), &**media_type)),
                _ => None,
            }
        })
    }

    /// A sitemap, whose links will come. It is no page that anybody links to, and
    /// what it lists is on the level of a start.
    pub(super) fn sitemap(&mut self, url: &Url) -> Id {
        let id = self.add(url.as_str().into());
        let level = self.rules.levels.saturating_add(1);
        let entry = self.entry_mut(id);
        (entry.level, entry.in_scope) = (level, true);
        entry.state = State::Open;
        id
    }

    /// A folder, whose pages will come as a sitemap's do. It is the site.
    pub(super) fn folder(&mut self, top: &Url) -> Id {
        self.scope.take_in(top);
        self.sitemap(top)
    }

    /// All links of a sitemap have come.
    pub(super) fn forget_links(&mut self, id: Id) {
        self.seen.remove(&id);
    }

    /// Links of a page, as they are found on it.
    pub(super) fn links(&mut self, page: Id, batch: Batch) {
        self.settle(page);
        self.take(page, batch);
        self.follow_due();
    }

    /// A page that browsers show, but that is odd.
    pub(super) fn odd(&mut self, page: Id, cause: String) {
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

    /// Decides when links are followed.
    fn take(&mut self, page: Id, batch: Batch) {
        if !self.unsettled.is_empty() {
            self.early.push((page, batch));
        } else if batch.is_css {
            match self.entry(page).is_style {
                true => self.due.push_back((page, batch)),
                false => self.held_css.entry(page).or_default().push(batch),
            }
        } else if self.entry(page).level > 1 {
            self.due.push_back((page, batch));
        } else if self.rules.levels > 2 {
            self.held.entry(page).or_default().push(batch);
        }
    }

    /// The answer for a URL; nothing more will come of it.
    pub(super) fn answered(&mut self, id: Id, answer: Answer) {
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

    /// Follows the links that are due. They may make more of them due: a queue,
    /// where recursion would go as deep as the site.
    fn follow_due(&mut self) {
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

    fn entry(&self, id: Id) -> &Entry {
        &self.entries[id.0 as usize]
    }

    fn entry_mut(&mut self, id: Id) -> &mut Entry {
        &mut self.entries[id.0 as usize]
    }

    /// The number of a URL, and whether it is new; nothing if it is and there are
    /// too many.
    fn room_for(&mut self, url: &str) -> Option<(Id, bool)> {
        if let Some(&id) = self.ids.get(url) {
            return Some((id, false));
        }
        if self.entries.len() >= self.rules.max_urls {
            self.tally.left_out += 1;
            return None;
        }
        Some((self.enter(url), true))
    }

    /// The number of a URL, which gets one if it has none.
    fn enter(&mut self, url: &str) -> Id {
        if let Some(&id) = self.ids.get(url) {
            return id;
        }
        let url: Rc<str> = url.into();
        let id = self.add(Rc::clone(&url));
        self.entry_mut(id).in_scope = self.scope.has(&url);
        self.ids.insert(url, id);
        id
    }

    /// An entry that nothing is known of.
    fn add(&mut self, url: Rc<str>) -> Id {
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

    /// A URL that the user wants, perhaps for the first time: is it to be checked?
    fn met(&mut self, id: Id) {
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

    fn is_known_fine(&self, url: &str) -> bool {
        (self.rules.fine.as_ref()).is_some_and(|fine| fine.contains(url))
    }

    /// What is to be asked for in place of a URL, if anything: the user says so, or it
    /// stands for a file.
    pub(super) fn mapped(&self, url: &str) -> Option<String> {
        if let Some(folder) = self.scope.folder(url) {
            return folder.plain(url);
        }
        let mapped = self.rules.remap.iter().find_map(|remap| remap.apply(url))?;
        let mapped = Url::parse(&mapped).ok()?.to_string();
        (mapped != url).then_some(mapped)
    }

    fn check(&mut self, id: Id) {
        self.tally.urls += 1;
        self.entry_mut(id).state = State::Open;
        self.fresh.push_back(id);
    }

    /// Where the redirects of a start lead is known by now, if this is one.
    fn settle(&mut self, id: Id) {
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

    fn moved(&mut self, id: Id, status: u16, mut to: Url) -> State {
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

    /// Follows links of a page that is entered.
    fn expand(&mut self, page: Id, batch: &Batch) {
        for Invalid { raw, cause, line } in batch.invalid() {
            let is_told = cause.is_some() || self.rules.warnings;
            if !is_told || !self.scope.wants(raw, None) {
                continue;
            }
            let mark = Part::Invalid(self.names.hash(raw.as_bytes()));
            if !self.seen.entry(page).or_default().insert((page, mark)) {
                continue;
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
        for link in batch.links() {
            let fragment = link.fragment.filter(|_| self.rules.fragments);
            if !self.scope.wants(link.url, fragment) {
                continue;
            }
            let Some((target, _)) = self.room_for(link.url) else {
                continue;
            };
            self.met(target);
            if link.kind == Kind::Enters {
                let level = self.entry(page).level;
                if level != ALL_LEVELS {
                    self.ways.entry(page).or_default().push(target);
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
    }

    /// Looks whether a link to http works with https, too.
    fn ask_for_https(&mut self, source: Id, url: Id, line: Option<u64>) {
        let secure = Url::parse(self.url(url)).ok().and_then(|mut secure| {
            // Another port may be that of another server.
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

    /// A page that is entered uses this URL, or a style sheet does.
    fn use_style(&mut self, mut id: Id) {
        while !std::mem::replace(&mut self.entry_mut(id).is_style, true) {
            let held = self.held_css.remove(&id).unwrap_or_default();
            self.due.extend(held.into_iter().map(|batch| (id, batch)));
            match self.entry(id).state {
                State::Moved { to, .. } | State::Mapped(to) => id = to,
                _ => return,
            }
        }
    }

    /// The URL is at least on this level; so is what it leads to, a level below.
    fn raise(&mut self, id: Id, level: u32) {
        let mut raised = vec![(id, level)];
        while let Some((id, level)) = raised.pop() {
            let entry = self.entry_mut(id);
            if entry.level >= level {
                continue;
            }
            let was_entered = entry.level > 1;
            entry.level = level;
            match &entry.state {
                State::Moved { to, .. } | State::Mapped(to) => raised.push((*to, level)),
                State::Page(_) if !was_entered && level > 1 => self.tally.pages += 1,
                State::Other(media_type) if !was_entered && level > 1 && entry.in_scope => {
                    let (url, media_type) = (Rc::clone(&entry.url), media_type.clone());
                    self.findings
                        .push_back(Finding::NotHtml { url, media_type });
                }
                _ => {}
            }
            if level > 1 {
                let held = self.held.remove(&id).unwrap_or_default();
                self.due.extend(held.into_iter().map(|batch| (id, batch)));
                let ways = self.ways.get(&id).into_iter().flatten();
                raised.extend(ways.map(|&to| (to, below(level))));
            }
        }
    }
}

/// The level of what a page of this level leads to.
fn below(level: u32) -> u32 {
    match level {
        ALL_LEVELS => ALL_LEVELS,
        level => level.saturating_sub(1),
    }
}

#[cfg(test)]
mod tests;
