//! The coordinator: tasks go out to the workers, what they tell comes in.
//!
//! It alone knows what there is, and it never waits for a worker to make room:
//! the queue of tasks takes all. No more servers are asked than there are workers.
//! The workers wait for it, when they find links faster than it takes them in. So none
//! waits for another in a circle, and it is over when no task waits and none is out.

use super::anchors::Names;
use super::cause::Cause;
use super::finding::seen;
use super::folder::{self, Folder};
use super::frontier::{ALL_LEVELS, Answer, Frontier, Id, Rules};
use super::group::Groups;
use super::hosts::{Hosts, Manners, Next};
use super::robots::Robots;
use super::scope::Site;
use super::worker::{Event, Fetchers, Outcome, Reason, Task, Worker, has_no_user};
use super::{LOOK, Observer, Options, Summary, Tally};
use crate::common::error::Error;
use crate::common::show::visible;
use crate::common::stream;
use crate::web::fetch::{self, Fetcher};
use std::cell::RefCell;
use std::collections::{HashSet, VecDeque};
use std::io::Write;
use std::mem;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};
use url::{Host, Url};

/// The stack of a worker's thread, in bytes.
const STACK: usize = 1 << 20;

/// How many tasks there are for each worker, while files are read: so the workers need not
/// wait for the coordinator.
const AHEAD: usize = 4;

/// The coordinator's state.
pub(super) struct Walk {
    options: Options,
    frontier: Frontier,
    hosts: Hosts<Task, Cause>,
    /// What is known of the hosts, by their numbers.
    sites: Vec<Known>,
    /// The workers' own, who know what a host asked for.
    fetchers: [Fetcher; 2],
    in_flight: usize,
    /// Those of them that ask a server.
    at_servers: usize,
    tasks: Arc<Tasks>,
    events: Receiver<Vec<Event>>,
    /// Sitemaps that were met.
    sitemaps: HashSet<String>,
    is_complete: bool,
    groups: Groups,
}

/// What is known of a host.
struct Known {
    /// Scheme, host and port, as URLs begin.
    origin: String,
    is_loopback: bool,
    /// It stands for a folder of files.
    is_folder: bool,
    robots: Option<Robots>,
    asked_for_robots: bool,
    /// Its sitemaps are to be read.
    wants_sitemaps: bool,
}

impl Walk {
    pub(super) fn new(mut options: Options, starts: &[Url]) -> Result<Walk, Error> {
        let rules = Rules {
            levels: options.levels.unwrap_or(ALL_LEVELS),
            max_urls: options.max_urls,
            fragments: options.fragments,
            redirects: options.redirects,
            warnings: options.warnings,
            remap: options.remap.clone(),
            require_https: options.require_https,
            fine: options.fine.take(),
        };
        let names = Names::default();
        let site = Fetchers::new(&options.fetch, options.retry)?;
        let unknown = fetch::Options {
            fields: Vec::new(),
            user: None,
            ..options.fetch.clone()
        };
        let stranger = Fetchers::new(&unknown, options.retry)?;
        let origins: Arc<[_]> = starts.iter().map(Url::origin).collect();
        let users = starts.iter().filter(|url| !has_no_user(url));
        let users: Arc<[_]> = users.cloned().collect();
        let folders: Arc<[_]> = options.folders.clone().into();
        let accept: Arc<[_]> = options.accept.clone().into();
        let tasks = Arc::new(Tasks::default());
        // A worker that is ahead of the coordinator waits.
        let (done, events) = mpsc::sync_channel(2 * options.jobs);
        for n in 0..options.jobs.max(1) {
            let worker = Worker {
                site: site.clone(),
                stranger: stranger.clone(),
                origins: Arc::clone(&origins),
                users: Arc::clone(&users),
                accept: Arc::clone(&accept),
                folders: Arc::clone(&folders),
                names: names.clone(),
                max_size: options.max_size,
                events: done.clone(),
                waiting: RefCell::default(),
            };
            let tasks = Arc::clone(&tasks);
            let thread = thread::Builder::new().stack_size(STACK);
            let started = thread.spawn(move || work(&worker, &tasks));
            // With fewer of them it takes longer.
            if let (Err(error), 0) = (started, n) {
                return Err(Error::Read(error));
            }
        }
        Ok(Walk {
            frontier: Frontier::new(rules, Site::new(options.scope.clone(), folders), names),
            hosts: Hosts::new(),
            sites: Vec::new(),
            fetchers: [site.plain, stranger.plain],
            in_flight: 0,
            at_servers: 0,
            tasks,
            events,
            sitemaps: HashSet::new(),
            is_complete: true,
            groups: Groups::default(),
            options,
        })
    }

    pub(super) fn tally(&self) -> &Tally {
        &self.frontier.tally
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// True if no task waits and none is in flight: there is nothing that could
    /// bring forth another.
    pub(super) fn is_over(&self) -> bool {
        self.in_flight == 0 && self.hosts.is_empty()
    }

    /// Begins at a URL. Its user name and password are for all of its origin, and
    /// so are not part of it.
    pub(super) fn start(&mut self, url: &Url) {
        let mut bare = url.clone();
        // An http URL has a host.
        let _ = bare.set_username("").and_then(|()| bare.set_password(None));
        self.frontier.start(&bare);
        if self.options.sitemap {
            let host = self.host(url);
            self.sites[host].wants_sitemaps = true;
            self.ask_for_robots(host);
        }
    }

    /// Begins at a folder, or at a file in one. What is read there is not asked for.
    pub(super) fn start_in(&mut self, folder: &Folder) {
        let Ok(top) = Url::parse(folder.start().unwrap_or(folder.origin())) else {
            return;
        };
        match folder.start() {
            Some(_) => self.frontier.start(&top),
            None => {
                let id = self.frontier.folder(&top);
                let host = self.host(&top);
                let url = top.into();
                self.hosts.push(host, Task::Sitemap { id, url, tries: 0 });
            }
        }
    }

    /// The number of the URL's host.
    fn host(&mut self, url: &Url) -> usize {
        let origin = url.origin().ascii_serialization();
        let is_loopback = is_loopback(url);
        let is_folder = folder::of(&self.options.folders, url.as_str()).is_some();
        let manners = match is_loopback {
            true => Manners {
                at_a_time: match is_folder {
                    true => usize::MAX,
                    false => self.options.jobs,
                },
                delay: Duration::ZERO,
            },
            false => Manners {
                at_a_time: self.options.per_host,
                delay: self.options.delay,
            },
        };
        let host = self.hosts.number(&origin, manners);
        if host == self.sites.len() {
            self.sites.push(Known {
                is_folder,
                origin,
                is_loopback,
                robots: None,
                asked_for_robots: false,
                wants_sitemaps: false,
            });
        }
        host
    }

    fn obeys_robots(&self, host: usize) -> bool {
        if self.sites[host].is_folder {
            return false;
        }
        let decided = self.options.robots;
        decided.unwrap_or(!self.sites[host].is_loopback)
    }

    fn ask_for_robots(&mut self, host: usize) {
        if !self.sites[host].asked_for_robots {
            self.sites[host].asked_for_robots = true;
            let url = format!("{}/robots.txt", self.sites[host].origin);
            self.hosts.push_first(host, Task::Robots { url });
        }
    }

    fn queue(&mut self, id: Id) {
        let url = self.frontier.url(id).to_string();
        // It was one before.
        let Ok(parsed) = Url::parse(&url) else { return };
        let host = self.host(&parsed);
        let task = match self.frontier.is_in_scope(id) {
            true => {
                if self.obeys_robots(host) {
                    self.ask_for_robots(host);
                }
                Task::Read { id, url, tries: 0 }
            }
            false => Task::Look { id, url, tries: 0 },
        };
        self.hosts.push(host, task);
    }

    /// Gives the workers something to do. How long there will be nothing more.
    pub(super) fn dispatch(&mut self, observer: &mut impl Observer) -> Duration {
        loop {
            while let Some(id) = self.frontier.next() {
                self.queue(id);
            }
            let jobs = self.options.jobs.max(1);
            if self.at_servers >= jobs || self.in_flight >= AHEAD * jobs {
                return LOOK;
            }
            let now = Instant::now();
            match self.hosts.next(now) {
                Next::Task(host, task) if self.is_disallowed(host, &task) => {
                    self.hosts.unasked(host, now);
                    self.answered(&task, Answer::Skipped);
                }
                Next::Task(host, task) => {
                    self.in_flight += 1;
                    self.at_servers += usize::from(!self.sites[host].is_folder);
                    self.tasks.add(host, task);
                }
                Next::Given(host, task, cause) => self.broken(host, &task, cause, observer),
                Next::Wait(time) => return time - now,
                Next::Idle => return LOOK,
            }
        }
    }

    /// Whether robots.txt keeps us from it; from what the user has named
    /// himself, it does not.
    fn is_disallowed(&self, host: usize, task: &Task) -> bool {
        let Task::Read { id, url, .. } = task else {
            return false;
        };
        let robots = self.sites[host].robots.as_ref();
        self.obeys_robots(host)
            && robots
                .zip(Url::parse(url).ok())
                .is_some_and(|(robots, url)| !robots.allow(&url))
            && !self.frontier.is_root(*id)
    }

    /// Takes in what the workers tell, for so long at most.
    pub(super) fn listen(&mut self, wait: Duration, observer: &mut impl Observer) {
        match self.events.recv_timeout(wait) {
            Ok(events) => self.take_all(events, observer),
            Err(RecvTimeoutError::Timeout) => return,
            Err(RecvTimeoutError::Disconnected) => unreachable!("workers live as long as this"),
        }
        while let Ok(events) = self.events.try_recv() {
            self.take_all(events, observer);
        }
    }

    fn take_all(&mut self, events: Vec<Event>, observer: &mut impl Observer) {
        for event in events {
            self.take(event, observer);
        }
    }

    fn take(&mut self, event: Event, observer: &mut impl Observer) {
        match event {
            Event::Links(id, batch) => self.frontier.links(id, batch),
            Event::Odd(id, cause) => self.frontier.odd(id, cause),
            Event::Unread(object, cause) => {
                self.is_complete = false;
                observer.note(&object, &cause);
            }
            Event::Sitemap(url) => self.add_sitemap(&url, observer),
            Event::Done(host, task, outcome) => {
                self.in_flight -= 1;
                self.at_servers -= usize::from(!self.sites[host].is_folder);
                self.hosts.finished(host);
                self.done(host, task, outcome, observer);
            }
        }
    }

    /// What came of a task.
    fn done(&mut self, host: usize, task: Task, outcome: Outcome, observer: &mut impl Observer) {
        let (cause, reason) = match outcome {
            Outcome::Failed(cause, reason) => (cause, reason),
            outcome => {
                self.hosts.answered(host);
                match outcome {
                    Outcome::Answered(answer) => self.answered(&task, answer),
                    Outcome::Cut(answer, cause) => {
                        self.note(
                            &task,
                            &format!("{cause}: the rest is not checked"),
                            observer,
                        );
                        self.answered(&task, answer);
                    }
                    Outcome::Robots(robots) => self.robots(host, robots, observer),
                    Outcome::Listed(id, listed) => {
                        self.frontier.forget_links(id);
                        if listed == 0 {
                            let cause = match self.sites[host].is_folder {
                                true => "no HTML file in it",
                                false => "the sitemap lists no page",
                            };
                            self.note(&task, cause, observer);
                        }
                    }
                    Outcome::Failed(..) => {}
                }
                return;
            }
        };
        match reason {
            Reason::Silence => self.hosts.failed(host, || cause.given_up()),
            Reason::NoHost => self.hosts.give_up(host, cause.clone()),
            Reason::Final | Reason::Passing => self.hosts.answered(host),
        }
        let may_pass = matches!(reason, Reason::Passing | Reason::Silence);
        if may_pass && task.tries() < self.options.retry {
            let url = Url::parse(task.url()).ok();
            let again_at = url.and_then(|url| {
                let fetchers = self.fetchers.iter();
                let times = fetchers.map(|fetcher| fetcher.retry_at(&url, task.tries() + 1));
                times.max()
            });
            if let Some(at) = again_at {
                self.hosts.rest(host, at);
            }
            self.hosts.push(host, task.again());
            return;
        }
        self.broken(host, &task, cause, observer);
    }

    fn answered(&mut self, task: &Task, answer: Answer) {
        if let Task::Read { id, .. } | Task::Look { id, .. } = task {
            self.frontier.answered(*id, answer);
        }
    }

    /// There is nothing at the task's URL.
    fn broken(&mut self, host: usize, task: &Task, cause: Cause, observer: &mut impl Observer) {
        match task {
            Task::Read { id, .. } | Task::Look { id, .. } => {
                self.frontier.answered(*id, Answer::Broken(cause));
            }
            Task::Sitemap { id, .. } => {
                self.frontier.forget_links(*id);
                self.note(task, &cause.text, observer);
            }
            Task::Robots { .. } => {
                // What nobody can ask for, nobody has allowed.
                if self.obeys_robots(host) {
                    let cause = format!("{cause}: no page of it is checked");
                    self.note(task, &cause, observer);
                }
                self.robots(host, Robots::closed(), observer);
            }
        }
    }

    fn note(&mut self, task: &Task, cause: &str, observer: &mut impl Observer) {
        self.is_complete = false;
        observer.note(&self.shown(task.url()), cause);
    }

    /// A URL as messages call it.
    fn shown(&self, url: &str) -> String {
        seen(url, &self.options.folders)
    }

    /// It is known what a host allows.
    fn robots(&mut self, host: usize, robots: Robots, observer: &mut impl Observer) {
        let site = &mut self.sites[host];
        if mem::take(&mut site.wants_sitemaps) {
            let mut sitemaps = robots.sitemaps().to_vec();
            if sitemaps.is_empty() {
                sitemaps.push(format!("{}/sitemap.xml", site.origin));
            }
            for url in sitemaps {
                self.add_sitemap(&url, observer);
            }
        }
        let delay = match self.sites[host].is_loopback {
            true => Duration::ZERO,
            false => robots.delay(),
        };
        self.sites[host].robots = Some(robots);
        self.hosts.open(host, delay);
    }

    /// Has a sitemap read that was not met before.
    fn add_sitemap(&mut self, url: &str, observer: &mut impl Observer) {
        let mapped = self.frontier.mapped(url);
        let url = mapped.as_deref().unwrap_or(url);
        let Ok(parsed) = Url::parse(url) else {
            self.is_complete = false;
            observer.note(url, "a sitemap whose URL is none");
            return;
        };
        let new = self.sitemaps.len() < self.options.max_urls
            && matches!(parsed.scheme(), "http" | "https")
            && self.sitemaps.insert(parsed.to_string());
        if new {
            let id = self.frontier.sitemap(&parsed);
            let host = self.host(&parsed);
            let url = parsed.into();
            self.hosts.push(host, Task::Sitemap { id, url, tries: 0 });
        }
    }

    /// Writes what was found.
    pub(super) fn tell(&mut self, output: &mut impl Write) -> Result<(), Error> {
        let mut lines = String::new();
        while let Some(finding) = self.frontier.finding() {
            if !self.options.verbose && finding.is_no_fault() {
                continue;
            }
            let finding = match self.options.group {
                true => self.groups.add(finding, &self.options.folders),
                false => Some(finding),
            };
            lines.extend(
                finding.map(|finding| finding.line(self.options.format, &self.options.folders)),
            );
        }
        if self.is_over() {
            lines.push_str(&self.groups.lines(self.options.format));
        }
        match lines.is_empty() {
            true => Ok(()),
            false => output.write_all(lines.as_bytes()).map_err(Error::Write),
        }
    }

    pub(super) fn summary(&mut self, observer: &mut impl Observer) -> Summary {
        let tally = self.frontier.tally;
        if tally.left_out > 0 {
            self.is_complete = false;
            let (left_out, most) = (tally.left_out, self.options.max_urls);
            let cause = format!("{left_out} links to more were not followed (--max-urls)");
            observer.note(&format!("{most} URLs"), &cause);
        }
        let mut notes = Vec::new();
        for (url, media_type) in self.frontier.starts_without_links() {
            let cause = match media_type {
                "" => "not an HTML page: no link was checked".to_string(),
                media_type => format!("not an HTML page ({media_type}): no link was checked"),
            };
            notes.push((self.shown(url), cause));
        }
        for (object, cause) in notes {
            self.is_complete = false;
            observer.note(&object, &visible(&cause));
        }
        let failed = self.frontier.failed_starts();
        let failed = failed
            .iter()
            .map(|(url, cause)| (self.shown(url), cause.to_string()));
        Summary {
            tally,
            fine: self
                .frontier
                .fine
                .iter()
                .map(|url| url.to_string())
                .collect(),
            is_complete: self.is_complete,
            failed_starts: failed.collect(),
        }
    }
}

/// Tasks that wait for a worker, each with the number of its host.
#[derive(Default)]
struct Tasks {
    waiting: Mutex<Waiting>,
    there: Condvar,
}

#[derive(Default)]
struct Waiting {
    tasks: VecDeque<(usize, Task)>,
    /// The workers that wait for a task.
    idle: usize,
    /// There will be none any more.
    ended: bool,
}

impl Tasks {
    fn add(&self, host: usize, task: Task) {
        let mut waiting = self.waiting();
        waiting.tasks.push_back((host, task));
        let is_awaited = waiting.idle > 0;
        drop(waiting);
        // To notify costs a system call, even where no worker waits.
        if is_awaited {
            self.there.notify_one();
        }
    }

    /// The next task, as soon as there is one; None if there will be none.
    fn next(&self) -> Option<(usize, Task)> {
        let mut waiting = self.waiting();
        loop {
            if let Some(task) = waiting.tasks.pop_front() {
                return Some(task);
            }
            if waiting.ended {
                return None;
            }
            waiting.idle += 1;
            let woken = self.there.wait(waiting);
            waiting = woken.unwrap_or_else(|held| held.into_inner());
            waiting.idle -= 1;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(|held| held.into_inner())
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        self.tasks.waiting().ended = true;
        self.tasks.there.notify_all();
    }
}

/// A worker's life: one task after the other, until there is none any more.
fn work(worker: &Worker, tasks: &Tasks) {
    let mut buffer = vec![0; stream::BLOCK];
    while let Some((host, task)) = tasks.next() {
        if worker.run(host, task, &mut buffer).is_err() {
            return;
        }
    }
}

/// Whether a URL is on this machine itself, by its name or address.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
