//! `fetch`: the bodies of URLs, as text in UTF-8; every byte exactly once, or a
//! loud failure.
//!
//! What happens to one URL, in order, each step a chapter:
//!
//! 1. [`Fetcher::get`] reads the URL (`address`); `file:` is opened (`local`).
//! 2. `request` asks for it over a connection (`http`), at a host that has room for
//!    it (`hosts`), and follows where the server points to (`redirect`); `cookies` live
//!    that long. What the user wants to say to the server is in `headers` and `netrc`;
//!    it may be reached through a `proxy`. Where it fails in a way that may pass,
//!    it is tried again a little later (`retry`).
//! 3. `wire` counts what comes of one answer: what came is cut short by nothing
//!    that goes unnoticed. `resume` gets over what it notices: it asks for the
//!    rest (`range`), and the body goes on as if nothing had happened.
//! 4. `decode` takes off the content encodings: gzip, deflate, br, zstd. What is
//!    too large then ends here (`limit`).
//! 5. `charset` turns text into UTF-8. With [`Options::base`], a mark that
//!    contains the URL is put before an HTML page ([`pages`]).
//! 6. `page` joins these: what a read brought is written before the next read.
//!    What came of it all is a [`Transfer`].
//!
//! [`Many`] does that for many URLs at once and writes their bodies in order;
//! those ahead of their turn wait in a `spool`. An `errand` is one URL on its
//! way, its `clock` the time that it may take. Why there is no body says
//! [`Failure`]. [`progress`] shows people how far all are, a [`Report`] tells
//! scripts what came of each.
//!
//! For other programs: [`Fetcher::get`] and [`Fetcher::head`] give a [`Page`],
//! and may be called from many threads at once.
//!
//! Costs: one connection and a few buffers of [`stream::BLOCK`], 6 MB of memory
//! in all, https included, whatever the size of the body (br: up to 16 MB more).
//! A body that needs no conversion is copied once between the socket and the
//! output, in one write for each read; from http into a pipe it is not even copied. A body whose server promises no ranges
//! is hashed on the way (`fingerprint`).

use crate::common::error::Error;
#[cfg(doc)]
use crate::common::stream;
use crate::common::stream::Blocks;
#[cfg(doc)]
use crate::web::html::pages;
use sha2::{Digest, Sha256};
use std::env;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use ureq::http::header::CONTENT_ENCODING;
use url::Url;

mod address;
mod cause;
pub(crate) mod charset;
mod clock;
mod cookies;
mod decode;
mod errand;
mod failure;
mod fingerprint;
mod headers;
mod hosts;
mod http;
mod limit;
mod local;
mod many;
pub(crate) mod netrc;
mod page;
pub mod progress;
mod proxy;
pub(crate) mod range;
mod redirect;
mod report;
mod request;
mod resume;
mod retry;
mod spool;
mod transfer;
mod wire;

pub use address::{operand, shown};
pub use errand::Errand;
pub use failure::{Failure, WORDS};
pub use headers::{Field, User, user_agent};
pub use many::Many;
pub use page::{Page, Text};
pub use report::Report;
pub use transfer::Transfer;

use address::parse;
use http::tls;
use page::{Body, Out, Output, content_type};
use transfer::Answered;

/// How to fetch.
#[derive(Debug, Clone)]
pub struct Options {
    /// Hand on the bytes that came: ask for no content encoding, undo none, convert no text.
    pub raw: bool,
    /// Put a mark that contains the URL ([`pages`]) before each body that is HTML
    /// by its content type. Has no effect with `raw` or `head`.
    pub base: bool,
    /// How long finding the host may take, and as long again to connect, TLS included.
    pub connect_timeout: Duration,
    /// How long a server may be silent, before its answer and within it. The
    /// time in which a slow reader takes nothing does not count.
    pub stall_timeout: Duration,
    /// How long a URL may take, redirects and retries included, but not what it
    /// waits for downstream.
    pub max_time: Option<Duration>,
    /// How often to try again: in vain, one after the other. A new byte, and
    /// the count begins anew.
    pub retry: u32,
    /// How long to wait before the first of these tries; each next wait is
    /// twice as long, up to a minute.
    pub retry_delay: Duration,
    /// How many URLs are in flight at the same time.
    pub jobs: usize,
    /// How many requests one host gets at the same time.
    pub per_host: usize,
    /// Follow redirects; otherwise one is a [`Failure::Moved`].
    pub follow: bool,
    /// Wait as long as a host wants to be left alone; otherwise that is left to
    /// the caller ([`Fetcher::ask_again_at`]).
    pub heed_rest: bool,
    /// Follow redirects from https to http.
    pub allow_downgrade: bool,
    /// The most bytes of one body, content encodings taken off: more are an error.
    pub max_size: Option<u64>,
    /// Ask for the heads of the answers only, and write these.
    pub head: bool,
    /// Header fields for the origin of the URL, and for no other.
    pub fields: Vec<Field>,
    /// What to call ourselves, instead of `textmill/VERSION` ([`user_agent`]).
    pub user_agent: Option<Field>,
    /// The user at the origin of the URL, and at no other, where it names none.
    pub user: Option<User>,
    /// Look users up in the file that `$NETRC` names, or else in `~/.netrc`.
    pub netrc: bool,
    /// Trust the certificates in this file (PEM), and not the system's.
    pub cacert: Option<PathBuf>,
    /// Show this certificate (PEM) to servers that ask for one; its key is in the second file.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// Trust anybody.
    pub insecure: bool,
    /// Use addresses of this kind only.
    pub family: Option<Family>,
    /// Compute the SHA-256 of what is written.
    pub digest: bool,
    /// The file that the bodies are written to, by its device and inode: it is not read.
    pub output_file: Option<(u64, u64)>,
}

/// A kind of internet addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            raw: false,
            base: false,
            connect_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(60),
            max_time: None,
            retry: 3,
            retry_delay: Duration::from_millis(500),
            jobs: 10,
            per_host: 10,
            follow: true,
            heed_rest: true,
            allow_downgrade: false,
            max_size: None,
            head: false,
            fields: Vec::new(),
            user_agent: None,
            user: None,
            netrc: false,
            cacert: None,
            identity: None,
            insecure: false,
            family: None,
            digest: false,
            output_file: None,
        }
    }
}

/// Fetches URLs, and keeps connections open between them.
///
/// A clone is the same fetcher: it shares connections and limits.
#[derive(Debug, Clone)]
pub struct Fetcher {
    inner: Arc<Inner>,
}

/// What all the requests of a fetcher share.
#[derive(Debug)]
struct Inner {
    options: Options,
    client: http::Client,
    netrc: netrc::Netrc,
    hosts: Arc<hosts::Hosts>,
}

impl Fetcher {
    /// Makes a fetcher; connects to nothing yet. Reads what the environment
    /// says about proxies, and the files of the options: an error names the one
    /// that cannot be read.
    pub fn new(options: Options) -> Result<Fetcher, Error> {
        let identity = options.identity.as_ref();
        let identity = identity.map(|(certificate, key)| tls::Identity { certificate, key });
        let is_own = options.cacert.is_some() || options.insecure || identity.is_some();
        let tls = || tls::config(options.cacert.as_deref(), options.insecure, identity);
        let tls = is_own.then(tls).transpose()?;
        let proxies = proxy::Proxies::from_env(|name| env::var(name).ok());
        let netrc = match options.netrc {
            true => netrc::Netrc::from_env(|name| env::var_os(name))?,
            false => netrc::Netrc::default(),
        };
        let hosts = hosts::Hosts::new(options.per_host);
        let client = http::Client::new(
            proxies,
            tls,
            options.connect_timeout,
            options.family,
            options.jobs,
        );
        let inner = Inner {
            options,
            client,
            netrc,
            hosts,
        };
        let inner = Arc::new(inner);
        Ok(Fetcher { inner })
    }

    /// Asks for a URL and gives the answer, its body to be read. A status of
    /// 400 or more is an error ([`Failure::Status`]); redirects are followed.
    ///
    /// Where this waits, and for how long, is as the [`Options`] have it: for
    /// room at the host and for its `Retry-After`, too.
    pub fn get(&self, url: &str) -> Result<Page, Error> {
        self.open(&Arc::new(self.errand(url)))
    }

    /// As [`get`](Fetcher::get), but for the head of the answer only. The body
    /// is empty.
    pub fn head(&self, url: &str) -> Result<Page, Error> {
        let (page, error) = self.open_head(&self.errand(url))?;
        error.map_or(Ok(page), Err)
    }

    /// The head of the answer; and the error, if its status is one.
    fn open_head(&self, errand: &Errand) -> Result<(Page, Option<Error>), Error> {
        let url = parse(errand.url())?;
        if url.scheme() == "file" {
            let mut page = self.local(errand, url)?;
            page.body.bytes = Box::new(std::io::empty());
            return Ok((page, None));
        }
        let question = request::Question {
            head: true,
            rest: None,
        };
        let (head, failure) = match self.ask(errand, url, &question) {
            Ok(answer) => (answer.head, None),
            Err(refusal) => match refusal.head {
                Some(head) => (*head, Some(refusal.failure.into())),
                None => return Err(refusal.failure.into()),
            },
        };
        let body = Body {
            bytes: Box::new(std::io::empty()),
            encodings: Vec::new(),
            content_type: content_type(&head.headers),
            framed: true,
            most: None,
        };
        Ok((Page::new(head, body), failure))
    }

    /// Writes the body that `url` stands for, or the head of the answer, if
    /// that is what the options want, and tells what came of it.
    ///
    /// An [`Error::Read`] says why there is none, or not all of it; mostly a
    /// [`Failure`] is its cause. The next URL can be fetched all the same.
    pub fn fetch(&self, url: &str, output: &mut impl Write) -> Transfer {
        let mut output = page::Written(output);
        self.run(&Arc::new(self.errand(url)), &mut Blocks::new(), &mut output)
    }

    /// When to ask the host of this URL for try number `n`, the first of them
    /// being 1: as this would by itself, not before its `Retry-After`.
    pub fn ask_again_at(&self, url: &Url, n: u32) -> Instant {
        let at = Instant::now() + retry::delay(self.inner.options.retry_delay, n, None);
        self.inner
            .hosts
            .rests_until(url)
            .map_or(at, |until| until.max(at))
    }

    fn errand(&self, url: &str) -> Errand {
        Errand::new(url, self.inner.options.max_time)
    }

    fn run(&self, errand: &Arc<Errand>, blocks: &mut Blocks, output: &mut impl Output) -> Transfer {
        errand.begin();
        let mut transfer = Transfer::new(errand.url());
        let options = &self.inner.options;
        let page = match options.head {
            true => self.open_head(errand),
            false => self.open(errand).map(|page| (page, None)),
        };
        transfer.note(errand.take_answered());
        let result = page.and_then(|(page, failure)| {
            let mut out = Out {
                output,
                written: 0,
                digest: options.digest.then(Sha256::new),
            };
            let result = match options.head {
                true => out.write(&page.head()),
                false => page.copy(options, blocks, &mut out),
            };
            transfer.out_bytes = out.written;
            transfer.sha256 = out.digest.map(|digest| digest.finalize().into());
            result.and(failure.map_or(Ok(()), Err))
        });
        transfer.error = result.err();
        transfer.wire_bytes = errand.got();
        transfer.retries = errand.retries();
        transfer.elapsed = errand.clock.elapsed();
        errand.end();
        transfer
    }

    fn open(&self, errand: &Arc<Errand>) -> Result<Page, Error> {
        let url = parse(errand.url())?;
        if url.scheme() == "file" {
            return self.local(errand, url);
        }
        let answer = self.ask(errand, url, &request::Question::whole());
        let request::Answer { head, tail } = answer.map_err(|refusal| refusal.failure)?;
        let framing = tail.body.framing();
        let encodings = http::items(&head.headers, CONTENT_ENCODING);
        let most = self.inner.options.max_size;
        if let (Some(most), Some(length)) = (most, framing.length())
            && length > most
            && (encodings.is_empty() || self.inner.options.raw)
        {
            return Err(limit::too_large(most).into());
        }
        let body = Body {
            encodings,
            most,
            content_type: content_type(&head.headers),
            framed: framing != http::Framing::Close,
            bytes: Box::new(resume::Resumed::new(&self.inner, errand, &head, tail)),
        };
        Ok(Page::new(head, body))
    }

    fn local(&self, errand: &Errand, url: Url) -> Result<Page, Error> {
        let (headers, mut body) = local::open(&url, self.inner.options.output_file)?;
        body.most = self.inner.options.max_size;
        errand.set_answered(Some(Answered::new(&url, None, body.content_type.clone())));
        Ok(Page {
            url,
            status: None,
            headers,
            body,
        })
    }

    /// Asks for the first time, and again as long as that may help.
    fn ask(
        &self,
        errand: &Errand,
        url: Url,
        question: &request::Question,
    ) -> Result<request::Answer, request::Refusal> {
        let options = &self.inner.options;
        for n in 1.. {
            let refusal = match request::ask(&self.inner, errand, url.clone(), question) {
                Ok(answer) => return Ok(answer),
                Err(refusal) => refusal,
            };
            let delay = retry::delay(options.retry_delay, n, refusal.after);
            let again = refusal.failure.is_transient() && n <= options.retry;
            if !again || !errand.clock.sleep(delay) {
                return Err(refusal);
            }
            errand.retried();
        }
        unreachable!("left by a return")
    }
}
