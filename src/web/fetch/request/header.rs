//! The header of a request: default fields, the user's fields, credentials, cookies.

use super::message::Request;
use super::session::Session;
use crate::web::fetch::decode;
use crate::web::fetch::headers::{Field, basic};
use crate::web::fetch::job::Job;
use crate::web::fetch::transport::head::title_case;
use crate::web::host::authority;
use percent_encoding::percent_decode_str;
use ureq::http::header::{
    self, ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, COOKIE, HOST, HeaderName, HeaderValue, USER_AGENT,
};
use url::Url;

/// The lines of the header. The user's fields replace the default fields; only the origin of
/// the job's URL gets them.
pub(crate) fn lines(
    session: &Session,
    job: &Job,
    url: &Url,
    request: &Request,
    is_origin: bool,
) -> Vec<u8> {
    let options = &session.options;
    let own = options.fields.iter().filter(|_| is_origin);
    let own: Vec<&Field> = own.chain(&options.user_agent).collect();
    let encodings = if options.raw { "" } else { decode::ACCEPTED };
    // Host is the first field (RFC 9110, 7.2).
    let defaults = [
        (HOST, authority(url)),
        (USER_AGENT, concat!("textmill/", env!("CARGO_PKG_VERSION"))),
        (ACCEPT, "*/*"),
        (ACCEPT_ENCODING, encodings),
    ];
    let mut lines = Lines(Vec::with_capacity(512));
    for (name, value) in &defaults {
        match is_named(&own, name) {
            true => lines.add_own(&own, |own| own == name),
            false if value.is_empty() => {}
            false => lines.add(name, value.as_bytes()),
        }
    }
    if !is_named(&own, &AUTHORIZATION)
        && let Some(credentials) = credentials(session, url, is_origin)
    {
        lines.add(&AUTHORIZATION, credentials.as_bytes());
    }
    let is_default = |name: &HeaderName| defaults.iter().any(|(default, _)| default == name);
    lines.add_own(&own, |name| !is_default(name) && *name != COOKIE);
    if let Some(cookies) = cookies(&own, job, url) {
        lines.add(&COOKIE, &cookies);
    }
    if let Some((from, validator)) = request.rest {
        lines.add(&header::RANGE, format!("bytes={from}-").as_bytes());
        lines.add(&header::IF_RANGE, validator.as_bytes());
    }
    lines.0
}

fn is_named(own: &[&Field], name: &HeaderName) -> bool {
    own.iter().any(|field| field.name == name)
}

/// The lines of a header.
struct Lines(Vec<u8>);

impl Lines {
    fn add(&mut self, name: &HeaderName, value: &[u8]) {
        self.0.extend_from_slice(title_case(name).as_bytes());
        self.0.extend_from_slice(b": ");
        self.0.extend_from_slice(value);
        self.0.extend_from_slice(b"\r\n");
    }

    /// Adds the user's fields whose names are selected.
    fn add_own(&mut self, own: &[&Field], is_selected: impl Fn(&HeaderName) -> bool) {
        for field in own.iter().filter(|field| is_selected(&field.name)) {
            if let Some(value) = field.value() {
                self.add(&field.name, value);
            }
        }
    }
}

/// The user's cookies and those of the job, in one line (RFC 6265, 5.4).
fn cookies(own: &[&Field], job: &Job, url: &Url) -> Option<Vec<u8>> {
    let own = own.iter().filter(|field| field.name == COOKIE);
    let mut all: Vec<Vec<u8>> = own
        .filter_map(|field| field.value().map(<[u8]>::to_vec))
        .collect();
    all.extend(job.jar().field(url).map(String::into_bytes));
    (!all.is_empty()).then(|| all.join(&b"; "[..]))
}

/// The credentials in the URL; otherwise those of the options, for the origin only; otherwise
/// those of the host in the netrc file, which may also have the password for a user name in
/// the URL.
fn credentials(session: &Session, url: &Url, is_origin: bool) -> Option<HeaderValue> {
    let decoded = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
    let name = decoded(url.username());
    if let Some(password) = url.password() {
        return Some(basic(&name, &decoded(password)));
    }
    if let Some(user) = &session.options.user
        && is_origin
        && name.is_empty()
    {
        return Some(user.authorization());
    }
    let wanted = Some(name.as_slice()).filter(|name| !name.is_empty());
    let host = url.host_str().unwrap_or_default();
    if let Some((name, password)) = session.netrc.find(host, wanted) {
        return Some(basic(name, password));
    }
    (!name.is_empty()).then(|| basic(&name, b""))
}
