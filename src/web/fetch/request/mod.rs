//! One request and the head of its answer, and where it sends us on to.

use super::address::without_user;
use super::errand::Errand;
use super::failure::Failure;
use super::headers::{Field, basic};
use super::hosts::Place;
use super::http::{self, Body, Framing, spelled};
use super::page::content_type;
use super::transfer::Answered;
use super::{Inner, Options, decode, redirect, retry};
use percent_encoding::percent_decode_str;
use std::time::Duration;
use ureq::http::header::{
    self, ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue,
    LOCATION, SET_COOKIE, USER_AGENT,
};
use ureq::http::{StatusCode, Version};
use url::Url;

/// The body of an answer that is not used is read to its end if it is no longer
/// than this, in bytes: cheaper than another connection.
const SHORT: u64 = 16 << 10;

/// What to ask for.
pub(super) struct Question<'a> {
    /// The head only.
    pub(super) head: bool,
    /// The bytes from here on only, if what is there still is this.
    pub(super) rest: Option<(u64, &'a str)>,
}

impl Question<'_> {
    /// All of it.
    pub(super) fn whole() -> Self {
        Question {
            head: false,
            rest: None,
        }
    }
}

/// The answer of the server that was there in the end.
pub(super) struct Answer {
    pub(super) head: Head,
    pub(super) tail: Tail,
}

/// What is known of an answer.
pub(super) struct Head {
    pub(super) url: Url,
    pub(super) status: StatusCode,
    pub(super) version: Version,
    pub(super) headers: HeaderMap,
}

/// What is to come of it.
pub(super) struct Tail {
    pub(super) body: Body,
    pub(super) place: Place,
}

/// Why there is no answer, or none that helps.
pub(super) struct Refusal {
    pub(super) failure: Failure,
    /// When the server wants to be asked again.
    pub(super) after: Option<Duration>,
    /// The head of the answer, if its status is what failed.
    pub(super) head: Option<Box<Head>>,
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Refusal {
        Refusal {
            failure,
            after: None,
            head: None,
        }
    }
}

/// Asks for `url` and follows its redirects, if they are to be followed; and those that
/// set cookies, to see whether they lead back. Success is a status that came with
/// what was asked for, and 416 where that was a rest.
///
/// User name and password and the user's headers are for the origin of the
/// errand's URL: no other server sees them.
pub(super) fn ask(
    inner: &Inner,
    errand: &Errand,
    url: Url,
    question: &Question,
) -> Result<Answer, Refusal> {
    errand.set_answered(None);
    match inner.options.follow {
        true => follow(inner, errand, url, question),
        false => stay(inner, errand, &url, question),
    }
}

/// Asks for a URL, and for those that redirects lead to.
fn follow(
    inner: &Inner,
    errand: &Errand,
    mut url: Url,
    question: &Question,
) -> Result<Answer, Refusal> {
    for redirects in 0..=redirect::LIMIT {
        match ask_once(inner, errand, url.clone(), question) {
            Ok(Reply::Here(answer)) => return Ok(*answer),
            Ok(Reply::There { to, .. }) => url = to,
            Err(mut refusal) => {
                if redirects > 0 && !matches!(refusal.failure, Failure::Redirect(_)) {
                    refusal.failure = Failure::Redirected {
                        to: without_user(url).into(),
                        because: Box::new(refusal.failure),
                    };
                }
                return Err(refusal);
            }
        }
    }
    let (limit, last) = (redirect::LIMIT, without_user(url));
    let cause = format!("more than {limit} redirects, the last to {last}");
    Err(Failure::Redirect(cause).into())
}

/// Asks for a URL, and takes a redirect for a failure: [`Failure::Moved`]. A redirect that
/// sets cookies is followed, as it may lead back to `start`; then it is none.
fn stay(
    inner: &Inner,
    errand: &Errand,
    start: &Url,
    question: &Question,
) -> Result<Answer, Refusal> {
    let mut url = start.clone();
    let mut moved: Option<Failure> = None;
    for _ in 0..=redirect::LIMIT {
        let reply = match ask_once(inner, errand, url, question) {
            Ok(reply) => reply,
            Err(refusal) => return Err(moved.map_or(refusal, Into::into)),
        };
        match (reply, &moved) {
            (Reply::Here(answer), None) => return Ok(*answer),
            (Reply::Here(answer), Some(_)) if answer.head.url == *start => return Ok(*answer),
            (Reply::Here(_), Some(_)) => break,
            (Reply::There { to, .. }, Some(_)) => url = to,
            (
                Reply::There {
                    status,
                    to,
                    cookies,
                },
                None,
            ) => {
                moved = Some(Failure::Moved {
                    status,
                    to: Box::new(to.clone()),
                });
                if !cookies || to.host() != start.host() {
                    break;
                }
                url = to;
            }
        }
    }
    let too_many = || Failure::Redirect(format!("more than {} redirects", redirect::LIMIT));
    Err(moved.unwrap_or_else(too_many).into())
}

/// What one request comes to.
enum Reply {
    /// The answer.
    Here(Box<Answer>),
    /// A redirect to this URL, which sets cookies or does not.
    There { status: u16, to: Url, cookies: bool },
}

/// Asks for `url`.
fn ask_once(
    inner: &Inner,
    errand: &Errand,
    url: Url,
    question: &Question,
) -> Result<Reply, Refusal> {
    let options = &inner.options;
    let familiar = errand.is_home(&url);
    let place = inner.hosts.enter(&url, errand, options.heed_rest)?;
    let request = http::Request {
        method: if question.head { "HEAD" } else { "GET" },
        url: &url,
        fields: fields(inner, errand, &url, question, familiar),
    };
    let wait = errand.wait(options.stall_timeout);
    let (head, body) = inner.client.exchange(&request, wait)?;
    let status = head.status;
    errand.set_answered(Some(Answered::new(
        &url,
        Some(status.as_u16()),
        content_type(&head.headers),
    )));
    let body = body?;
    errand.jar().take(&url, &head.headers);
    let head = Head {
        url,
        status,
        version: head.version,
        headers: head.headers,
    };
    if redirect::is_redirect(status.as_u16()) {
        discard(body, errand, options);
        return match target(&head, options) {
            Ok(to) => Ok(Reply::There {
                status: status.as_u16(),
                to,
                cookies: head.headers.contains_key(SET_COOKIE),
            }),
            Err(failure) => Err(Refusal {
                failure,
                after: None,
                head: Some(Box::new(head)),
            }),
        };
    }
    // Partial content that was not asked for would be a part taken for the whole.
    let part = [
        StatusCode::PARTIAL_CONTENT,
        StatusCode::RANGE_NOT_SATISFIABLE,
    ];
    let well = match part.contains(&status) {
        true => question.rest.is_some(),
        false => status.is_success(),
    };
    if well {
        let tail = Tail { body, place };
        return Ok(Reply::Here(Box::new(Answer { head, tail })));
    }
    let after = retry::after(&head.headers);
    if let Some(after) = after {
        place.rest(after.min(retry::LONGEST));
    }
    discard(body, errand, options);
    let failure = match status {
        StatusCode::NOT_MODIFIED if familiar && options.has_condition() => Failure::NotModified,
        status => Failure::Status(status.as_u16()),
    };
    Err(Refusal {
        failure,
        after,
        head: Some(Box::new(head)),
    })
}

/// Where a redirect leads to.
fn target(head: &Head, options: &Options) -> Result<Url, Failure> {
    let status = head.status;
    let location = head.headers.get(LOCATION).map(HeaderValue::as_bytes);
    match location.map(<[u8]>::trim_ascii) {
        None => Err(Failure::Redirect(format!("{status} without a Location"))),
        Some(b"") => Err(Failure::Redirect(format!(
            "{status} with an empty Location"
        ))),
        Some(location) => redirect::next(&head.url, location, options.allow_downgrade),
    }
}

/// Gets a body out of the way, so that its connection can be used again, if
/// that is quickly done.
fn discard(mut body: Body, errand: &Errand, options: &Options) {
    let short = |length| length <= SHORT;
    if body.framing() == Framing::Chunked || body.framing().length().is_some_and(short) {
        let mut buffer = [0; SHORT as usize];
        let mut left = buffer.len();
        // What fails here is the connection's trouble only.
        while left > 0
            && let Ok(n @ 1..) = body.read(&mut buffer[..left], errand.wait(options.stall_timeout))
        {
            left -= n;
        }
    }
}

/// The header of a request. What the user wants to say takes the place of what we
/// would, and is for a `familiar` server only.
fn fields(
    inner: &Inner,
    errand: &Errand,
    url: &Url,
    question: &Question,
    familiar: bool,
) -> Vec<u8> {
    let options = &inner.options;
    let agent = options.user_agent.iter();
    let own = options.fields.iter().filter(|_| familiar).chain(agent);
    let own: Vec<&Field> = own.collect();
    let named = |name: &HeaderName| own.iter().any(|field| field.name() == name);
    let mut lines = Lines(Vec::with_capacity(512));
    let set = |lines: &mut Lines, wanted: &HeaderName| {
        for field in &own {
            if let Field::Set(name, value) = field
                && name == wanted
            {
                lines.add(name, value.as_bytes());
            }
        }
    };
    // Host is first: RFC 9110, 7.2.
    for (name, value) in [
        (HOST, http::authority(url)),
        (USER_AGENT, concat!("textmill/", env!("CARGO_PKG_VERSION"))),
        (ACCEPT, "*/*"),
        (ACCEPT_ENCODING, options.encodings()),
    ] {
        match named(&name) {
            true => set(&mut lines, &name),
            false if value.is_empty() => {}
            false => lines.add(&name, value.as_bytes()),
        }
    }
    if !named(&AUTHORIZATION)
        && let Some(credentials) = credentials(inner, url, familiar)
    {
        lines.add(&AUTHORIZATION, credentials.as_bytes());
    }
    let mut cookies: Vec<u8> = Vec::new();
    for field in &own {
        match field {
            Field::Set(name, value) if *name == COOKIE => {
                cookies.extend_from_slice(value.as_bytes());
                cookies.extend_from_slice(b"; ");
            }
            Field::Set(name, value)
                if ![HOST, USER_AGENT, ACCEPT, ACCEPT_ENCODING].contains(name) =>
            {
                lines.add(name, value.as_bytes());
            }
            _ => {}
        }
    }
    // One line for all cookies: RFC 6265, 5.4.
    cookies.extend(errand.jar().give(url).unwrap_or_default().bytes());
    if !cookies.is_empty() {
        lines.add(&COOKIE, cookies.strip_suffix(b"; ").unwrap_or(&cookies));
    }
    if let Some((from, version)) = question.rest {
        lines.add(&header::RANGE, format!("bytes={from}-").as_bytes());
        lines.add(&header::IF_RANGE, version.as_bytes());
    }
    lines.0
}

/// The lines of a header.
struct Lines(Vec<u8>);

impl Lines {
    fn add(&mut self, name: &HeaderName, value: &[u8]) {
        self.0.extend_from_slice(spelled(name).as_bytes());
        self.0.extend_from_slice(b": ");
        self.0.extend_from_slice(value);
        self.0.extend_from_slice(b"\r\n");
    }
}

impl Options {
    /// The content encodings that are asked for.
    fn encodings(&self) -> &'static str {
        if self.raw { "" } else { decode::ACCEPTED }
    }

    /// Whether the user asks for what has changed only (RFC 9110, 13.1).
    fn has_condition(&self) -> bool {
        let conditions = [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE];
        self.fields
            .iter()
            .any(|field| conditions.contains(field.name()))
    }
}

/// User name and password: those in the URL; where it has none, and the server
/// is `familiar`, those of the options; and then those that the netrc file has for
/// the host, which also knows the password for a name in the URL.
fn credentials(inner: &Inner, url: &Url, familiar: bool) -> Option<HeaderValue> {
    let decoded = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
    let name = decoded(url.username());
    if let Some(password) = url.password() {
        return Some(basic(&name, &decoded(password)));
    }
    if let Some(user) = &inner.options.user
        && familiar
        && name.is_empty()
    {
        return Some(user.authorization());
    }
    let wanted = Some(name.as_slice()).filter(|name| !name.is_empty());
    let host = url.host_str().unwrap_or_default();
    if let Some((name, password)) = inner.netrc.find(host, wanted) {
        return Some(basic(name, password));
    }
    (!name.is_empty()).then(|| basic(&name, b""))
}
