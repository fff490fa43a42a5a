//! A request on the wire, and the head of its response.

use super::proxy::ProxyUrl;
use crate::web::host::origin;
use ureq::http::{HeaderMap, StatusCode, Version};
use url::{Position, Url};

/// A request without a body.
pub(crate) struct HttpRequest<'a> {
    /// `GET` or `HEAD`.
    pub(crate) method: &'static str,
    /// The URL; its user and fragment are not sent.
    pub(crate) url: &'a Url,
    /// The lines of the header, each with its CRLF.
    pub(crate) fields: Vec<u8>,
}

/// The status line and the header of a response.
#[derive(Debug)]
pub(crate) struct HttpHead {
    pub(crate) version: Version,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}

impl HttpRequest<'_> {
    /// The bytes to send. A proxy that forwards the request gets the whole URL in the first
    /// line (RFC 9112, 3.2.2), and its credentials.
    pub(crate) fn encode(&self, forward: Option<&ProxyUrl>) -> Vec<u8> {
        let url = self.url;
        let mut message = format!("{} ", self.method).into_bytes();
        if forward.is_some() {
            message.extend_from_slice(origin(url).as_bytes());
        }
        message.extend_from_slice(url[Position::BeforePath..Position::AfterQuery].as_bytes());
        message.extend_from_slice(b" HTTP/1.1\r\n");
        message.extend_from_slice(&self.fields);
        if let Some(line) = forward.and_then(ProxyUrl::authorization) {
            message.extend_from_slice(line.as_bytes());
        }
        message.extend_from_slice(b"\r\n");
        message
    }
}
