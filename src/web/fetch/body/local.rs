//! `file:` URLs.

use super::source::Source;
use crate::common::error::Error;
use crate::common::stream;
use crate::web::fetch::failure::Failure;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use ureq::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use url::Url;

/// The content types of file names by suffix. Other files are written as they are.
const TYPES: &[(&str, &str)] = &[
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("json", "application/json"),
    ("md", "text/markdown"),
    ("text", "text/plain"),
    ("tsv", "text/tab-separated-values"),
    ("txt", "text/plain"),
    ("xht", "application/xhtml+xml"),
    ("xhtml", "application/xhtml+xml"),
    ("xml", "application/xml"),
];

/// Opens the file of a URL, and makes the header that a server would send. The output file, by
/// device and inode, is an error: reading it would not end.
pub(crate) fn open(
    url: &Url,
    output: Option<(u64, u64)>,
) -> Result<(HeaderMap, Box<dyn Source>), Error> {
    let path = url
        .to_file_path()
        .map_err(|()| Failure::Url("a file on another host".into()))?;
    let file = File::open(&path).map_err(Error::Read)?;
    let metadata = file.metadata().map_err(Error::Read)?;
    let is_output = output == Some((metadata.dev(), metadata.ino()));
    if is_output && metadata.len() > 0 {
        return Err(Error::Read(io::Error::other("input file is output file")));
    }
    let mut headers = HeaderMap::new();
    if metadata.is_file() {
        headers.insert(CONTENT_LENGTH, metadata.len().into());
    }
    if let Some(content_type) = content_type(&path) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    if !metadata.is_file() {
        stream::enlarge_pipe(&file);
    }
    Ok((headers, Box::new(file)))
}

fn content_type(path: &Path) -> Option<&'static str> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    let (_, content_type) = TYPES.iter().find(|(known, _)| *known == ending)?;
    Some(content_type)
}
