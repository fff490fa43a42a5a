//! How workers fetch: for the site, and for other hosts.

use super::super::accept::Statuses;
use super::super::anchors::Names;
use super::super::folder::Folder;
use super::super::options::Options;
use super::super::robots;
use crate::common::error::Error;
use crate::web::fetch::{self, Fetcher};
use std::sync::Arc;
use url::{Origin, Url};

/// Two ways to fetch.
#[derive(Clone)]
pub(crate) struct Fetchers {
    /// Follows no redirects, does not retry, and does not wait for hosts: the coordinator
    /// does. It only records their pauses, for [`Fetcher::retry_at`].
    pub(crate) plain: Fetcher,
    /// Follows redirects, and retries.
    pub(crate) patient: Fetcher,
    /// The name of this robot in robots.txt.
    pub(super) agent: Arc<str>,
}

impl Fetchers {
    pub(crate) fn new(options: &fetch::Options, retry: u32) -> Result<Fetchers, Error> {
        let plain = fetch::Options {
            retry: 0,
            follow: false,
            honor_retry_after: false,
            per_host: usize::MAX,
            // A link that leads there is not broken.
            allow_downgrade: true,
            ..options.clone()
        };
        let patient = fetch::Options {
            retry,
            follow: true,
            ..plain.clone()
        };
        Ok(Fetchers {
            plain: Fetcher::new(plain)?,
            patient: Fetcher::new(patient)?,
            agent: robots::agent(options).into(),
        })
    }
}

/// What all workers use.
#[derive(Clone)]
pub(crate) struct Settings {
    /// For the origins of the starts, with the user's header fields.
    pub(crate) site: Fetchers,
    /// For all other origins, without them.
    pub(crate) others: Fetchers,
    pub(super) origins: Arc<[Origin]>,
    /// Starts with a user name or password, which is for their origin.
    pub(super) users: Arc<[Url]>,
    pub(super) names: Names,
    /// Statuses that are fine.
    pub(super) accept: Arc<[Statuses]>,
    /// Folders, which are read without a server.
    pub(crate) folders: Arc<[Folder]>,
    /// How much of a page is read, in bytes.
    pub(super) max_size: u64,
}

impl Settings {
    pub(crate) fn new(options: &Options, starts: &[Url], names: Names) -> Result<Settings, Error> {
        let others = fetch::Options {
            fields: Vec::new(),
            user: None,
            ..options.fetch.clone()
        };
        let users = starts.iter().filter(|url| !has_no_user(url));
        Ok(Settings {
            site: Fetchers::new(&options.fetch, options.retry)?,
            others: Fetchers::new(&others, options.retry)?,
            origins: starts.iter().map(Url::origin).collect(),
            users: users.cloned().collect(),
            names,
            accept: options.accept.clone().into(),
            folders: options.folders.clone().into(),
            max_size: options.max_size,
        })
    }

    /// How to fetch this URL.
    pub(crate) fn fetchers(&self, url: &str) -> &Fetchers {
        let origin = Url::parse(url).map(|url| url.origin());
        match origin.is_ok_and(|origin| self.origins.contains(&origin)) {
            true => &self.site,
            false => &self.others,
        }
    }

    /// The URL with the user name and password that were given for its origin, unless it
    /// has its own.
    pub(super) fn with_user(&self, url: &str) -> String {
        let with_user = || {
            let mut url = Url::parse(url).ok().filter(has_no_user)?;
            let user = self
                .users
                .iter()
                .find(|user| user.origin() == url.origin())?;
            url.set_username(user.username()).ok()?;
            url.set_password(user.password()).ok()?;
            Some(String::from(url))
        };
        match self.users.is_empty() {
            true => None,
            false => with_user(),
        }
        .unwrap_or_else(|| url.to_string())
    }

    /// Removes these again, from the target of a redirect.
    pub(super) fn without_user(&self, url: &mut Url) {
        let is_given = |user: &&Url| {
            user.origin() == url.origin()
                && (user.username(), user.password()) == (url.username(), url.password())
        };
        if self.users.iter().find(is_given).is_some() {
            // An http URL has a host, so this cannot fail.
            let _ = url.set_username("").and_then(|()| url.set_password(None));
        }
    }

    pub(super) fn accepts(&self, status: u16) -> bool {
        matches!(status, 200..=299) || self.accept.iter().any(|statuses| statuses.have(status))
    }
}

/// Whether a URL has no user name and no password.
fn has_no_user(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none()
}
