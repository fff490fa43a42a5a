//! The coordinator's state, and where it begins.

use super::super::anchors::Names;
use super::super::cause::Cause;
use super::super::folder::{self, Folder};
use super::super::frontier::{ALL_LEVELS, Frontier, Rules, Tally};
use super::super::group::Groups;
use super::super::hosts::Hosts;
use super::super::options::Options;
use super::super::scope::Site;
use super::super::worker::{Event, Settings, Task};
use super::site::{KnownHost, is_loopback};
use super::tasks::{self, Tasks};
use crate::common::error::Error;
use crate::web::host::{Limit, origin};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;
use url::Url;

/// The state of the coordinator.
pub(crate) struct Walk {
    pub(super) options: Options,
    pub(super) frontier: Frontier,
    pub(super) hosts: Hosts<Task, Cause>,
    /// The hosts, by their numbers.
    pub(super) sites: Vec<KnownHost>,
    /// The settings of the workers, whose fetchers record the `Retry-After` of hosts.
    pub(super) settings: Settings,
    pub(super) in_flight: usize,
    /// The number of these that request from a server.
    pub(super) at_servers: usize,
    pub(super) tasks: Arc<Tasks>,
    pub(super) events: Receiver<Vec<Event>>,
    /// The known sitemaps.
    pub(super) sitemaps: HashSet<String>,
    pub(super) is_complete: bool,
    pub(super) groups: Groups,
}

impl Walk {
    pub(crate) fn new(mut options: Options, starts: &[Url]) -> Result<Walk, Error> {
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
        let settings = Settings::new(&options, starts, names.clone())?;
        let tasks = Arc::new(Tasks::default());
        let events = tasks::start(&settings, options.jobs, &tasks)?;
        let scope = Site::new(options.scope.clone(), Arc::clone(&settings.folders));
        Ok(Walk {
            frontier: Frontier::new(rules, scope, names),
            hosts: Hosts::new(),
            sites: Vec::new(),
            settings,
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

    pub(crate) fn tally(&self) -> &Tally {
        &self.frontier.tally
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Whether the check has ended: no task waits, and none is in flight.
    pub(crate) fn is_over(&self) -> bool {
        self.in_flight == 0 && self.hosts.is_empty()
    }

    /// Begins at a URL. Its user name and password are used for its whole origin, so they
    /// are removed from it.
    pub(crate) fn start(&mut self, url: &Url) {
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

    /// Begins at a folder, or at a file in one.
    pub(crate) fn start_in(&mut self, folder: &Folder) {
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

    /// The number of the host of a URL.
    pub(super) fn host(&mut self, url: &Url) -> usize {
        let origin = origin(url);
        let is_loopback = is_loopback(url);
        let is_folder = folder::of(&self.options.folders, url.as_str()).is_some();
        let limit = match is_loopback {
            true => Limit {
                in_flight: match is_folder {
                    true => usize::MAX,
                    false => self.options.jobs,
                },
                delay: Duration::ZERO,
            },
            false => Limit {
                in_flight: self.options.per_host,
                delay: self.options.delay,
            },
        };
        let host = self.hosts.number(&origin, limit);
        if host == self.sites.len() {
            self.sites.push(KnownHost {
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
}

impl Drop for Walk {
    fn drop(&mut self) {
        self.tasks.end();
    }
}
