//! Sitemaps (sitemaps.org, protocol 0.9): the URLs of a site, listed for
//! crawlers, as XML, perhaps in gzip.

use crate::error::Error;
use flate2::bufread::MultiGzDecoder;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::io::{self, BufRead, BufReader, Read};

/// So much of a sitemap is read, in bytes, out of its gzip: twice what the
/// protocol allows.
const MOST: u64 = 100 << 20;

const TOO_LARGE: &str = "a sitemap of more than 100 MiB: the rest is not read";

/// What a sitemap lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    /// A page.
    Page,
    /// Another sitemap.
    Sitemap,
}

/// Hands every URL of a sitemap to `take`. White space around it is no part of it.
pub(super) fn read(
    input: impl Read,
    mut take: impl FnMut(Item, &str) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut input = BufReader::new(input);
    let gzip = input
        .fill_buf()
        .map_err(Error::Read)?
        .starts_with(&[0x1F, 0x8B]);
    let input: Box<dyn BufRead> = match gzip {
        true => Box::new(BufReader::new(MultiGzDecoder::new(input))),
        false => Box::new(input),
    };
    let mut reader = Reader::from_reader(input.take(MOST));
    let (mut buffer, mut url, mut item) = (Vec::new(), None::<String>, Item::Page);
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(bad)? {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "url" => item = Item::Page,
                "sitemap" => item = Item::Sitemap,
                "loc" => url = Some(String::new()),
                _ => {}
            },
            Event::Text(text) => {
                if let Some(url) = &mut url {
                    url.push_str(&text);
                }
            }
            Event::CData(text) => {
                if let Some(url) = &mut url {
                    url.push_str(&text);
                }
            }
            Event::GeneralRef(reference) => {
                if let Some(url) = &mut url {
                    match reference.resolve_char_ref().map_err(bad)? {
                        Some(c) => url.push(c),
                        None => url.push_str(predefined(&reference)),
                    }
                }
            }
            Event::End(tag) if tag.local_name().as_ref() == "loc" => {
                if let Some(url) = url.take() {
                    take(item, url.trim())?;
                }
            }
            Event::Eof if reader.get_ref().limit() == 0 => {
                let error = io::Error::new(io::ErrorKind::FileTooLarge, TOO_LARGE);
                return Err(Error::Read(error));
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn bad(error: impl Into<quick_xml::Error>) -> Error {
    Error::Read(match error.into() {
        quick_xml::Error::Io(error) => io::Error::new(error.kind(), error.to_string()),
        error => io::Error::new(io::ErrorKind::InvalidData, format!("not XML: {error}")),
    })
}

/// The five entities of XML itself.
fn predefined(name: &str) -> &'static str {
    match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn list(xml: &[u8]) -> Vec<(Item, String)> {
        let mut all = Vec::new();
        let take = |item, url: &str| {
            all.push((item, url.to_string()));
            Ok(())
        };
        read(xml, take).unwrap();
        all
    }

    #[test]
    fn pages_and_sitemaps() {
        let xml =
            b"<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>\
            <url><loc>\n http://a/?x=1&amp;y=&#50; </loc><lastmod>2026</lastmod></url>\
            <url><s:loc><![CDATA[http://a/b]]></s:loc><!-- <loc>no</loc> --></url></urlset>";
        let pages = ["http://a/?x=1&y=2", "http://a/b"];
        assert_eq!(list(xml), pages.map(|url| (Item::Page, url.to_string())));
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(xml).unwrap();
        assert_eq!(list(&gzip.finish().unwrap()), list(xml));
        let index = b"<sitemapindex><sitemap><loc>http://a/s.xml</loc></sitemap></sitemapindex>";
        assert_eq!(list(index), [(Item::Sitemap, "http://a/s.xml".to_string())]);
        assert_eq!(list(b""), []);
    }

    #[test]
    fn what_is_no_xml_is_an_error() {
        for bad in [
            &b"<urlset><url><loc>http://a/</url></urlset>"[..],
            b"<a><loc>&#xFFFFFFFF;</loc>",
            b"\x1F\x8Bxyz",
        ] {
            assert!(read(bad, |_, _| Ok(())).is_err());
        }
    }
}
