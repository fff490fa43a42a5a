//! What a worker does: one task after the other, each of them one URL. It knows
//! nothing of the site; what it finds goes to the coordinator, in events.
//!
//! Costs: the buffers of a transfer and of the tokenizer, and a batch of links.
//! A page is not held: its links are on their way while its rest arrives.

mod visitor;

use super::accept::Statuses;
use super::anchors::{Anchors, Names};
use super::batch::{Batch, Kind, Link};
use super::cause::Cause;
use super::folder::{self, Folder, There};
use super::frontier::{Answer, Id};
use super::media::{self, Media};
use super::robots::{self, Robots};
use super::sitemap::{self, Item};
use crate::common::error::Error;
use crate::common::stream;
use crate::web::fetch::{self, Failure, Fetcher, Page};
use crate::web::links::resolve::Resolver;
use crate::web::links::{self, css};
use std::cell::RefCell;
use std::io::{self, Read};
use std::mem;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use url::{Origin, Position, Url};
use visitor::Visitor;

/// What to do. `tries` is the number of tries that failed.
#[derive(Debug, Clone)]
pub(super) enum Task {
    /// Read a page and its links.
    Read { id: Id, url: String, tries: u32 },
    /// Find out whether it is there.
    Look { id: Id, url: String, tries: u32 },
    /// Read a sitemap.
    Sitemap { id: Id, url: String, tries: u32 },
    /// Read the robots.txt at this URL.
    Robots { url: String },
}

impl Task {
    pub(super) fn url(&self) -> &str {
        match self {
            Task::Read { url, .. }
            | Task::Look { url, .. }
            | Task::Sitemap { url, .. }
            | Task::Robots { url } => url,
        }
    }

    /// A robots.txt is not tried again: its first try was a patient one.
    pub(super) fn tries(&self) -> u32 {
        match self {
            Task::Read { tries, .. } | Task::Look { tries, .. } | Task::Sitemap { tries, .. } => {
                *tries
            }
            Task::Robots { .. } => u32::MAX,
        }
    }

    /// The same, once more.
    pub(super) fn again(mut self) -> Task {
        if let Task::Read { tries, .. } | Task::Look { tries, .. } | Task::Sitemap { tries, .. } =
            &mut self
        {
            *tries += 1;
        }
        self
    }
}

/// What a worker has to tell.
#[derive(Debug)]
pub(super) enum Event {
    /// Some of the links of a page.
    Links(Id, Batch),
    /// A sitemap that a sitemap lists.
    Sitemap(String),
    /// A page is odd in this way; browsers show it all the same.
    Odd(Id, String),
    /// A part of a folder cannot be read, for this cause.
    Unread(String, String),
    /// What came of a task at the host of this number: its last event.
    Done(usize, Task, Outcome),
}

/// What came of a task.
#[derive(Debug)]
pub(super) enum Outcome {
    /// What a URL has come to.
    Answered(Answer),
    /// A page that is too large: all before the cut counts.
    Cut(Answer, Cause),
    /// It did not work out.
    Failed(Cause, Reason),
    /// A sitemap is read, and lists this number of URLs.
    Listed(Id, u64),
    /// What robots.txt allows.
    Robots(Robots),
}

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// For good.
    Final,
    /// Another try may help.
    Passing,
    /// Another try may help, but the host did not answer at all.
    Silence,
    /// There is no such host.
    NoHost,
}

/// Two ways to fetch.
#[derive(Clone)]
pub(super) struct Fetchers {
    /// Follows no redirects, tries once, waits for no host: that is the
    /// coordinator's business.
    pub(super) plain: Fetcher,
    /// Follows redirects, and tries again.
    pub(super) patient: Fetcher,
    /// The name in robots.txt that these requests go by.
    agent: Arc<str>,
}

impl Fetchers {
    pub(super) fn new(options: &fetch::Options, retry: u32) -> Result<Fetchers, Error> {
        let plain = fetch::Options {
            retry: 0,
            follow: false,
            heed_rest: false,
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

/// Carries out tasks.
pub(super) struct Worker {
    /// For the starts' own origins: with what the user has to say to them.
    pub(super) site: Fetchers,
    /// For all others, who are not told.
    pub(super) stranger: Fetchers,
    pub(super) origins: Arc<[Origin]>,
    /// Starts with a user name or password, which is for their origin.
    pub(super) users: Arc<[Url]>,
    pub(super) names: Names,
    /// Statuses that are fine.
    pub(super) accept: Arc<[Statuses]>,
    /// What is read without a server.
    pub(super) folders: Arc<[Folder]>,
    /// So much of a page is read, in bytes.
    pub(super) max_size: u64,
    pub(super) events: SyncSender<Vec<Event>>,
    /// Events that are sent with the next one.
    pub(super) waiting: RefCell<Vec<Event>>,
}

impl Worker {
    /// Carries out a task at the host of this number; `buffer` is for what it reads. An
    /// error is that the events are not taken any more.
    pub(super) fn run(&self, host: usize, task: Task, buffer: &mut [u8]) -> Result<(), Error> {
        let folder = folder::of(&self.folders, task.url());
        let outcome = match (&task, folder) {
            (Task::Read { .. } | Task::Look { .. }, Some(folder)) => {
                self.file(&task, folder, buffer)
            }
            (Task::Sitemap { id, .. }, Some(folder)) => {
                (self.pages(*id, folder)).map(|listed| Outcome::Listed(*id, listed))
            }
            (Task::Read { id, url, .. }, None) => {
                let page = self.fetchers(url).plain.get(&self.with_user(url));
                page.and_then(|page| self.read(*id, url, page, buffer))
            }
            (Task::Look { url, tries, .. }, None) => self.look(url, *tries),
            (Task::Sitemap { id, url, .. }, None) => {
                (self.list(*id, url)).map(|listed| Outcome::Listed(*id, listed))
            }
            (Task::Robots { url }, _) => {
                let Fetchers { patient, agent, .. } = self.fetchers(url);
                Robots::fetch(patient, &self.with_user(url), agent).map(Outcome::Robots)
            }
        };
        let outcome = match outcome {
            Err(Error::Write(error)) => return Err(Error::Write(error)),
            Err(error) => match self.failed(&error) {
                Outcome::Answered(Answer::Moved { status, mut to }) => {
                    self.without_user(&mut to);
                    Outcome::Answered(Answer::Moved { status, to })
                }
                outcome => outcome,
            },
            Ok(outcome) => outcome,
        };
        self.send(Event::Done(host, task, outcome))
    }

    /// An event that the coordinator need not have before the next one.
    fn send_with_next(&self, event: Event) {
        self.waiting.borrow_mut().push(event);
    }

    fn send(&self, event: Event) -> Result<(), Error> {
        let mut events = self.waiting.take();
        events.push(event);
        let sent = self.events.send(events);
        sent.map_err(|_| Error::Write(io::ErrorKind::BrokenPipe.into()))
    }

    fn fetchers(&self, url: &str) -> &Fetchers {
        let origin = Url::parse(url).map(|url| url.origin());
        match origin.is_ok_and(|origin| self.origins.contains(&origin)) {
            true => &self.site,
            false => &self.stranger,
        }
    }

    /// The URL with the user name and password that were given for its origin, if
    /// it has none itself.
    fn with_user(&self, url: &str) -> String {
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

    /// Undoes it, for a URL that a redirect leads to.
    fn without_user(&self, url: &mut Url) {
        let is_given = |user: &&Url| {
            user.origin() == url.origin()
                && (user.username(), user.password()) == (url.username(), url.password())
        };
        if self.users.iter().find(is_given).is_some() {
            // Only a URL without a host refuses that.
            let _ = url.set_username("").and_then(|()| url.set_password(None));
        }
    }

    /// Whether a URL is there: by HEAD, and by GET where HEAD has no success.
    /// Where the host wants some time, that is later.
    fn look(&self, url: &str, tries: u32) -> Result<Outcome, Error> {
        let fetcher = &self.fetchers(url).plain;
        let url = &self.with_user(url);
        let answer = match tries {
            0 => fetcher
                .head(url)
                .or_else(|error| match Failure::of(&error) {
                    // Nothing that depends on the method.
                    Some(Failure::Moved { .. } | Failure::Host(_)) => Err(error),
                    Some(Failure::Status(429 | 503)) => Err(error),
                    Some(Failure::Status(status)) if self.accepts(*status) => Err(error),
                    _ => fetcher.get(url),
                }),
            _ => fetcher.get(url),
        };
        answer.map(|_| Outcome::Answered(Answer::Other(String::new())))
    }

    /// Reads a file of a folder, or finds out whether it is there.
    fn file(&self, task: &Task, folder: &Folder, buffer: &mut [u8]) -> Result<Outcome, Error> {
        let path = match folder.find(task.url()) {
            Ok(There::File(path)) => path,
            Ok(There::Folder(url)) => {
                let to = Url::parse(&url).map_err(|error| Failure::Url(error.to_string()))?;
                let (status, to) = (301, Box::new(to));
                return Ok(Outcome::Answered(Answer::Moved { status, to }));
            }
            Err(cause) => return Ok(Outcome::Failed(cause, Reason::Final)),
        };
        let Task::Read { id, url, .. } = task else {
            return Ok(Outcome::Answered(Answer::Other(String::new())));
        };
        let file = Url::from_file_path(&path).map_err(|()| Failure::Url("invalid path".into()))?;
        let page = self.stranger.plain.get(file.as_str())?;
        self.read(*id, url, page, buffer)
    }

    /// Lists the pages of a folder. Returns their number.
    fn pages(&self, id: Id, folder: &Folder) -> Result<u64, Error> {
        let (mut batch, mut listed) = (Batch::default(), 0);
        let take = |url: &str| {
            listed += 1;
            batch.push(Link {
                url,
                fragment: None,
                kind: Kind::Enters,
                line: None,
            });
            match batch.is_full() {
                true => self.send(Event::Links(id, mem::take(&mut batch))),
                false => Ok(()),
            }
        };
        folder.pages(take, |object, cause| {
            self.send(Event::Unread(object.to_string(), cause.to_string()))
        })?;
        self.send_with_next(Event::Links(id, batch));
        Ok(listed)
    }

    /// Reads a page: its links go on as they are found.
    fn read(&self, id: Id, url: &str, mut page: Page, buffer: &mut [u8]) -> Result<Outcome, Error> {
        let base = Url::parse(url).ok();
        if let Some(name) = page.ignore_unknown_encodings() {
            let cause = format!("content encoding {name} not understood");
            self.send_with_next(Event::Odd(id, cause));
        }
        self.refresh(id, base.as_ref(), &page);
        let media = Media::of(&page);
        match media {
            Media::Other(media_type) => return Ok(Outcome::Answered(Answer::Other(media_type))),
            Media::Unknown => page.assume("text/html"),
            Media::Css => return self.style(id, base, page, buffer),
            Media::Html | Media::Xhtml => {}
        }
        let waits = folder::of(&self.folders, url).is_none();
        let mut visitor = Visitor::new(self, id, Batch::default(), waits);
        let options = links::Options {
            all: true,
            fragments: true,
            schemes: true,
            xml: media == Media::Xhtml,
            ..links::Options::default()
        };
        let mut text = page.into_text()?;
        let mut head = Vec::new();
        if media == Media::Unknown {
            let mut first = text.by_ref().take(media::HEAD as u64);
            first.read_to_end(&mut head).map_err(Error::Read)?;
            if !media::is_html(&head) {
                return Ok(Outcome::Answered(Answer::Other(media::NONE.to_string())));
            }
        }
        let mut text = io::Cursor::new(head).chain(text).take(self.max_size);
        let mut links = links::Links::new(base.as_ref(), options, &mut visitor);
        let read = loop {
            match stream::read(&mut text, buffer) {
                Ok(0) => break Ok(()),
                Ok(n) => {
                    links.set_charset(text.get_ref().get_ref().1.charset());
                    links.block(&buffer[..n])?;
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

    /// Reads a style sheet: what it uses goes on as it is found.
    fn style(
        &self,
        id: Id,
        base: Option<Url>,
        page: Page,
        buffer: &mut [u8],
    ) -> Result<Outcome, Error> {
        let mut text = page.into_text()?.take(self.max_size);
        let mut visitor = Visitor::new(self, id, Batch::of_css(), true);
        let (mut scanner, mut resolver) = (css::Scanner::new(), Resolver::new(base));
        let mut sent = Ok(());
        let mut found = |url: &[u8], is_cut: bool, sent: &mut Result<(), Error>| {
            if sent.is_ok() {
                *sent = visitor.css(url, is_cut, &mut resolver);
            }
        };
        let read = loop {
            match stream::read(&mut text, buffer) {
                Ok(0) => break Ok(()),
                Ok(n) => scanner.text(&buffer[..n], |url, is_cut| found(url, is_cut, &mut sent)),
                Err(error) => break Err(Error::Read(error)),
            }
        };
        scanner.end(|url, is_cut| found(url, is_cut, &mut sent));
        sent?;
        visitor.end();
        let answer = Answer::Other("text/css".to_string());
        Ok(match self.cut(id, read, &mut text)? {
            Some(cause) => Outcome::Cut(answer, cause),
            None => Outcome::Answered(answer),
        })
    }

    /// Why not all of a text was read, if it is read as far as it may be.
    fn cut<R: Read>(
        &self,
        id: Id,
        read: Result<(), Error>,
        text: &mut io::Take<R>,
    ) -> Result<Option<Cause>, Error> {
        Ok(match read {
            // It may end just there, too.
            Ok(()) if text.limit() == 0 => {
                let mut more = [0];
                let n = text.get_mut().read(&mut more).map_err(Error::Read)?;
                (n > 0).then(|| Cause::too_large(self.max_size))
            }
            Ok(()) => None,
            // A decompression bomb.
            Err(error) => match Failure::of(&error) {
                Some(Failure::TooLarge(_)) => Some(Cause::of(&error)),
                Some(failure) if failure.is_trailing() => {
                    self.send_with_next(Event::Odd(id, error.to_string()));
                    None
                }
                _ => return Err(error),
            },
        })
    }

    /// The header field `Refresh` leads on to another page, as `<meta http-equiv=refresh>` does.
    fn refresh(&self, id: Id, base: Option<&Url>, page: &Page) {
        let mut fields = page.headers().filter(|(name, _)| *name == "refresh");
        let Some(target) = fields.next().and_then(|(_, value)| links::refresh::url(value)) else {
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

    /// Reads a sitemap: what it lists goes on as it is found. Returns the number of its URLs.
    fn list(&self, id: Id, url: &str) -> Result<u64, Error> {
        let mut page = self.fetchers(url).patient.get(&self.with_user(url))?;
        page.ignore_unknown_encodings();
        let page = page.into_reader()?;
        let base = Url::parse(url).map_err(|error| Failure::Url(error.to_string()))?;
        let mut batch = Batch::default();
        let mut listed = 0;
        let read = sitemap::read(page, &base, |item, url| {
            listed += 1;
            match (item, Url::parse(url)) {
                (Item::Sitemap, _) => self.send(Event::Sitemap(url.to_string()))?,
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
            match batch.is_full() {
                true => self.send(Event::Links(id, mem::take(&mut batch))),
                false => Ok(()),
            }
        });
        // What stands before a mistake counts.
        self.send_with_next(Event::Links(id, batch));
        read.map(|()| listed)
    }

    fn accepts(&self, status: u16) -> bool {
        matches!(status, 200..=299) || self.accept.iter().any(|statuses| statuses.have(status))
    }

    /// What an error of a transfer means for the walk.
    fn failed(&self, error: &Error) -> Outcome {
        let reason = match Failure::of(error) {
            Some(Failure::Moved { status, to }) => {
                let (status, to) = (*status, to.clone());
                return Outcome::Answered(Answer::Moved { status, to });
            }
            // A part that was not asked for: the URL works.
            Some(Failure::Status(200..=299)) => {
                return Outcome::Answered(Answer::Other(String::new()));
            }
            Some(Failure::Status(status)) if self.accepts(*status) => {
                return Outcome::Answered(Answer::Other(format!("status {status}")));
            }
            Some(Failure::Host(_)) => Reason::NoHost,
            Some(Failure::Truncated(_) | Failure::Garbled(_)) => Reason::Passing,
            Some(failure @ Failure::Status(_)) if failure.is_transient() => Reason::Passing,
            Some(failure) if failure.is_transient() => Reason::Silence,
            _ => Reason::Final,
        };
        Outcome::Failed(Cause::of(error), reason)
    }
}

/// Whether a URL names no user.
pub(super) fn has_no_user(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none()
}
