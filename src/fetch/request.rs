//! One request and the head of its answer, and where it sends us on to.

use super::address::without_user;
use super::cause;
use super::errand::Errand;
use super::failure::Failure;
use super::headers::{Field, basic};
use super::hosts::Place;
use super::page::content_type;
use super::transfer::Answered;
use super::{Inner, redirect, retry};
use percent_encoding::percent_decode_str;
use std::io;
use std::time::Duration;
use ureq::Body;
use ureq::http::header::{AUTHORIZATION, HeaderMap, HeaderValue, IF_RANGE, LOCATION, RANGE};
use ureq::http::{Method, Request, Response, StatusCode, Version};
use url::Url;

/// The body of an answer that nobody wants is read to its end if it is no
/// longer than this, in bytes: cheaper than another connection.
const SHORT: u64 = 16 << 10;

/// What to ask for.
pub(super) struct Question<'a> {
    pub(super) method: Method,
    /// The bytes from here on only, if what is there still is this.
    pub(super) rest: Option<(u64, &'a str)>,
}

impl Question<'_> {
    /// All of it.
    pub(super) fn whole() -> Self {
        Question {
            method: Method::GET,
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
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Refusal {
        let after = None;
        Refusal { failure, after }
    }
}

/// Asks for `url` and follows its redirects. Success is a status that came with
/// what was asked for, and 416 where that was a rest.
///
/// User name and password and the user's headers are for the origin of the
/// errand's URL: no other server sees them.
pub(super) fn ask(
    inner: &Inner,
    errand: &Errand,
    mut url: Url,
    question: &Question,
) -> Result<Answer, Refusal> {
    let mut seen = Vec::new();
    errand.set_answered(None);
    while seen.len() <= redirect::LIMIT as usize {
        let familiar = errand.is_home(&url);
        let place = inner.hosts.enter(&url, errand, inner.options.heed_rest)?;
        let response = errand.on_network(|| send(inner, &url, question, familiar))?;
        let (head, body) = response.into_parts();
        let status = head.status;
        errand.set_answered(Some(Answered::new(
            &url,
            Some(status.as_u16()),
            content_type(&head.headers),
        )));
        if redirect::is_redirect(status.as_u16()) {
            let Some(location) = head.headers.get(LOCATION) else {
                let cause = format!("{status} without a Location");
                return Err(Failure::Redirect(cause).into());
            };
            let next = redirect::next(&url, location.as_bytes(), inner.options.allow_downgrade)?;
            errand.on_network(|| discard(body));
            if !inner.options.follow {
                let (status, to) = (status.as_u16(), Box::new(next));
                return Err(Failure::Moved { status, to }.into());
            }
            seen.push(std::mem::replace(&mut url, next));
            if seen.contains(&url) {
                let cause = format!("redirect loop, back to {}", without_user(url));
                return Err(Failure::Redirect(cause).into());
            }
            continue;
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
        if !well {
            let after = retry::after(&head.headers);
            if let Some(after) = after {
                place.rest(after.min(retry::LONGEST));
            }
            errand.on_network(|| discard(body));
            let failure = Failure::Status(status.as_u16());
            return Err(Refusal { failure, after });
        }
        let head = Head {
            url,
            status,
            version: head.version,
            headers: head.headers,
        };
        let tail = Tail { body, place };
        return Ok(Answer { head, tail });
    }
    let (limit, last) = (redirect::LIMIT, without_user(url));
    let cause = format!("more than {limit} redirects, the last to {last}");
    Err(Failure::Redirect(cause).into())
}

/// One request and the head of its answer. The user's headers go to a
/// `familiar` server only.
fn send(
    inner: &Inner,
    url: &Url,
    question: &Question,
    familiar: bool,
) -> Result<Response<Body>, Failure> {
    let options = &inner.options;
    let mut bare = without_user(url.clone());
    bare.set_fragment(None);
    let fields = fields(inner, url, familiar);
    let request = || {
        let mut request = Request::builder()
            .method(question.method.clone())
            .uri(bare.as_str());
        for (name, value) in &fields {
            request = request.header(name, value);
        }
        if let Some((from, version)) = question.rest {
            request = request.header(RANGE, format!("bytes={from}-"));
            request = request.header(IF_RANGE, version);
        }
        let request = request.body(());
        request.map_err(|error| Failure::Url(format!("invalid URL: {error}")))
    };
    let agent = inner.agents.for_url(url, options)?;
    let answer = match agent.run(request()?) {
        // Once more: the connection may have been an old one that was just being closed.
        Err(error) if cause::hung_up(&error) => agent.run(request()?),
        answer => answer,
    };
    answer.map_err(|error| cause::unanswered(error, options))
}

/// Gets a body out of the way, so that its connection can be used again, if
/// that is quickly done.
fn discard(mut body: Body) {
    if body.content_length().is_some_and(|length| length <= SHORT) {
        // What fails here is the connection's trouble only.
        let _ = io::copy(&mut body.as_reader(), &mut io::sink());
    }
}

/// What the user wants to say to a server; what he says himself takes the place
/// of what his other options mean.
fn fields(inner: &Inner, url: &Url, familiar: bool) -> HeaderMap {
    let options = &inner.options;
    let mut fields = HeaderMap::new();
    if let Some(Field::Set(name, value)) = &options.user_agent {
        fields.insert(name, value.clone());
    }
    if let Some(credentials) = credentials(inner, url, familiar) {
        fields.insert(AUTHORIZATION, credentials);
    }
    if familiar {
        for field in &options.fields {
            let (Field::Set(name, _) | Field::Leave(name)) = field;
            fields.remove(name);
        }
        for field in &options.fields {
            if let Field::Set(name, value) = field {
                fields.append(name, value.clone());
            }
        }
    }
    fields
}

/// User name and password: those in the URL; where it has none, and the server
/// is `familiar`, those of the options, and then those in the netrc file, which
/// also knows the password for a name in the URL.
fn credentials(inner: &Inner, url: &Url, familiar: bool) -> Option<HeaderValue> {
    let decoded = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
    let name = decoded(url.username());
    if let Some(password) = url.password() {
        return Some(basic(&name, &decoded(password)));
    }
    if familiar {
        if let Some(user) = inner.options.user.as_ref().filter(|_| name.is_empty()) {
            return Some(user.authorization());
        }
        let wanted = Some(name.as_slice()).filter(|name| !name.is_empty());
        let host = url.host_str().unwrap_or_default();
        if let Some((name, password)) = inner.netrc.find(host, wanted) {
            return Some(basic(name, password));
        }
    }
    (!name.is_empty()).then(|| basic(&name, b""))
}
