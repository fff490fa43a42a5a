//! The fetcher: one URL to a [`Page`] or to a writer.

use super::address::parse;
use super::body::output::{CountedOutput, Output, PlainOutput};
use super::body::resume::Resumed;
use super::body::{Body, limit, local};
use super::charset::content_type;
#[cfg(doc)]
use super::failure::Failure;
use super::job::Job;
use super::options::Options;
use super::request::message::{Request, RequestError, Response};
use super::request::session::Session;
use super::request::{retry, send};
use super::transfer::{LastResponse, Transfer};
use super::transport::framing::Framing;
use super::transport::head::items;
use crate::common::error::Error;
use crate::common::stream::Blocks;
use page::Page;
use std::io::Write;
use std::sync::Arc;
#[cfg(feature = "linkcheck")]
use std::time::Instant;
use ureq::http::header::CONTENT_ENCODING;
use url::Url;

pub(crate) mod page;

/// Fetches URLs, and keeps connections open between them.
///
/// A clone shares the connections and limits of the original. All functions may be called
/// from many threads at once.
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::TcpListener;
/// use std::thread;
/// use textmill::web::fetch::{Failure, Fetcher, Options};
///
/// // A server for two requests, on one connection.
/// let server = TcpListener::bind("127.0.0.1:0")?;
/// let origin = format!("http://{}", server.local_addr()?);
/// let served = thread::spawn(move || -> std::io::Result<()> {
///     let (mut connection, _) = server.accept()?;
///     for response in [
///         &b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=latin1\r\nContent-Length: 4\r\n\r\ncaf\xE9"[..],
///         b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
///     ] {
///         let _ = connection.read(&mut [0; 4096])?;
///         connection.write_all(response)?;
///     }
///     Ok(())
/// });
///
/// let fetcher = Fetcher::new(Options::default())?;
/// let page = fetcher.get(&format!("{origin}/menu"))?;
/// assert_eq!(page.status(), Some(200));
/// let mut text = String::new();
/// page.into_text()?.read_to_string(&mut text)?;
/// assert_eq!(text, "café");
///
/// let error = fetcher.get(&format!("{origin}/none")).unwrap_err();
/// assert_eq!(Failure::of(&error), Some(&Failure::Status(404)));
/// assert_eq!(error.to_string(), "404 Not Found");
/// served.join().unwrap()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Fetcher {
    session: Arc<Session>,
}

impl Fetcher {
    /// A fetcher without connections. Reads the proxies of the environment and the files of
    /// the options; the error names the file.
    pub fn new(options: Options) -> Result<Fetcher, Error> {
        let session = Arc::new(Session::new(options)?);
        Ok(Fetcher { session })
    }

    /// Requests a URL and returns the response with its body to be read. Redirects are
    /// followed. A status of 400 or more is an error ([`Failure::Status`]).
    ///
    /// The [`Options`] limit the waits, also those for a permit of the host and for its
    /// `Retry-After`.
    pub fn get(&self, url: &str) -> Result<Page, Error> {
        self.open(&Arc::new(self.job(url)))
    }

    /// The same as [`get`](Fetcher::get) with the method HEAD. The body is empty.
    pub fn head(&self, url: &str) -> Result<Page, Error> {
        let (page, error) = self.open_head(&self.job(url))?;
        error.map_or(Ok(page), Err)
    }

    /// Writes the body of a URL, or the head of the response if the options require that.
    ///
    /// The [`Transfer`] contains the error, if there is one: an [`Error::Read`], mostly with a
    /// [`Failure`], if the URL failed, and an [`Error::Write`] if the output failed.
    pub fn fetch(&self, url: &str, output: &mut impl Write) -> Transfer {
        let mut output = PlainOutput(output);
        self.run(&Arc::new(self.job(url)), &mut Blocks::new(), &mut output)
    }

    /// The time for retry number `n` of a URL, counted from 1: after the wait of this number,
    /// and not before the end of the host's pause by `Retry-After`.
    #[cfg(feature = "linkcheck")]
    pub(crate) fn retry_at(&self, url: &Url, n: u32) -> Instant {
        let at = Instant::now() + retry::delay(self.options().retry_delay, n, None);
        let paused_until = self.session.rate_limit.paused_until(url);
        paused_until.map_or(at, |until| until.max(at))
    }

    pub(crate) fn options(&self) -> &Options {
        &self.session.options
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    pub(crate) fn job(&self, url: &str) -> Job {
        Job::new(url, self.options().max_time)
    }

    /// Fetches the URL of a job, using these blocks as buffers.
    pub(crate) fn run(
        &self,
        job: &Arc<Job>,
        blocks: &mut Blocks,
        output: &mut impl Output,
    ) -> Transfer {
        job.start();
        let mut transfer = Transfer::new(job.url());
        let options = self.options();
        let page = match options.head {
            true => self.open_head(job),
            false => self.open(job).map(|page| (page, None)),
        };
        transfer.add_response(job.take_last_response());
        let result = page.and_then(|(page, error)| {
            let mut output = CountedOutput::new(output, options.digest);
            let result = match options.head {
                true => output.write(&page.head()),
                false => page.copy(options, blocks, &mut output),
            };
            (transfer.out_bytes, transfer.sha256) = output.finish();
            result.and(error.map_or(Ok(()), Err))
        });
        transfer.error = result.err();
        transfer.wire_bytes = job.received();
        transfer.retries = job.retries();
        transfer.elapsed = job.clock.elapsed();
        job.finish();
        transfer
    }

    fn open(&self, job: &Arc<Job>) -> Result<Page, Error> {
        let url = parse(job.url())?;
        if url.scheme() == "file" {
            return self.open_file(job, url);
        }
        let response = self.send(job, url, &Request::default());
        let Response { head, body } = response.map_err(|error| error.failure)?;
        let framing = body.body.framing();
        let encodings = items(&head.headers, CONTENT_ENCODING);
        let max_size = self.options().max_size;
        if let (Some(max), Some(length)) = (max_size, framing.length())
            && length > max
            && (encodings.is_empty() || self.options().raw)
        {
            return Err(limit::too_large(max).into());
        }
        let body = Body {
            encodings,
            max_size,
            content_type: content_type::of(&head.headers),
            is_framed: framing != Framing::Close,
            source: Box::new(Resumed::new(&self.session, job, &head, body)),
        };
        Ok(Page::new(head, body))
    }

    /// The head of the response; and the error, if its status is an error.
    fn open_head(&self, job: &Job) -> Result<(Page, Option<Error>), Error> {
        let url = parse(job.url())?;
        if url.scheme() == "file" {
            let mut page = self.open_file(job, url)?;
            page.drop_body();
            return Ok((page, None));
        }
        let request = Request {
            head: true,
            rest: None,
        };
        let (head, error) = match self.send(job, url, &request) {
            Ok(response) => (response.head, None),
            Err(RequestError {
                failure,
                head: Some(head),
                ..
            }) => (*head, Some(failure.into())),
            Err(error) => return Err(error.failure.into()),
        };
        let body = Body::empty(content_type::of(&head.headers));
        Ok((Page::new(head, body), error))
    }

    fn open_file(&self, job: &Job, url: Url) -> Result<Page, Error> {
        let (headers, source) = local::open(&url, self.options().output_file)?;
        let body = Body {
            source,
            max_size: self.options().max_size,
            ..Body::empty(content_type::of(&headers))
        };
        let content_type = body.content_type.clone();
        job.set_last_response(Some(LastResponse::new(&url, None, content_type)));
        Ok(Page::file(url, headers, body))
    }

    /// Sends a request, with retries.
    fn send(&self, job: &Job, url: Url, request: &Request) -> Result<Response, RequestError> {
        let options = self.options();
        let mut retry = 0;
        loop {
            let error = match send(&self.session, job, url.clone(), request) {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            retry += 1;
            let delay = retry::delay(options.retry_delay, retry, error.retry_after);
            let can_retry = error.failure.is_transient() && retry <= options.retry;
            if !can_retry || !job.clock.sleep(delay) {
                return Err(error);
            }
            job.count_retry();
        }
    }
}
