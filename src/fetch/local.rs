//! `file:` URLs.

use super::{Body, Failure};
use crate::error::Error;
use crate::stream;
use std::fs::File;
use std::path::Path;
use url::Url;

/// The endings of names that say what is in a file, there being no header to
/// say it. The bytes of any other file are handed on as they are.
const TYPES: &[(&str, &str)] = &[
    ("csv", "text/csv"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("json", "application/json"),
    ("md", "text/markdown"),
    ("text", "text/plain"),
    ("tsv", "text/tab-separated-values"),
    ("txt", "text/plain"),
    ("xhtml", "application/xhtml+xml"),
    ("xml", "application/xml"),
];

/// Opens the file that the URL names.
pub(super) fn open(url: &Url) -> Result<Body, Error> {
    let path = url
        .to_file_path()
        .map_err(|()| Failure::Url("a file on another host".into()))?;
    let file = File::open(&path).map_err(Error::Read)?;
    stream::enlarge_pipe(&file);
    Ok(Body {
        bytes: Box::new(file),
        encodings: Vec::new(),
        content_type: content_type(&path).map(str::to_string),
        framed: true,
    })
}

fn content_type(path: &Path) -> Option<&'static str> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    let (_, content_type) = TYPES.iter().find(|(known, _)| *known == ending)?;
    Some(content_type)
}
