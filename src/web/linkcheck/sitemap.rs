//! Sitemaps: the URLs of a site, listed for crawlers (sitemaps.org, protocol
//! 0.9): XML, a feed (RSS, Atom), or text with a URL a line; each perhaps in gzip.

use super::problem::Problem;
use crate::common::error::Error;
use flate2::bufread::MultiGzDecoder;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::io::{self, BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::sync::Arc;
use url::Url;

/// How much of a sitemap is read, in bytes, decompressed: twice what the protocol allows.
const MOST: u64 = 100 << 20;

/// The text of a sitemap, up to [`MOST`] bytes.
type Input<'a> = io::Take<Box<dyn BufRead + 'a>>;

/// The longest line of a sitemap that is text, in bytes.
const LINE: u64 = 64 << 10;

/// What a sitemap lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    /// A page.
    Page,
    /// Another sitemap.
    Sitemap,
}

/// Passes every URL of the sitemap at `base` to `take`, without white space around it,
/// until that breaks.
pub(super) fn read(
    input: impl Read,
    base: &Url,
    take: impl FnMut(Item, &str) -> ControlFlow<()>,
) -> Result<(), Error> {
    let mut input = BufReader::new(input);
    let gzip = input
        .fill_buf()
        .map_err(Error::Read)?
        .starts_with(&[0x1F, 0x8B]);
    let input: Box<dyn BufRead + '_> = match gzip {
        true => Box::new(BufReader::new(MultiGzDecoder::new(input))),
        false => Box::new(input),
    };
    let mut input = input.take(MOST);
    let begin = input.fill_buf().map_err(Error::Read)?;
    let begin = begin.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(begin);
    match begin.trim_ascii_start().first() {
        // UTF-16 begins with a byte order mark.
        Some(b'<' | 0xFE | 0xFF) => xml(input, base, take),
        _ => text(input, take),
    }
}

/// A sitemap in XML, or a feed.
fn xml(
    input: Input<'_>,
    base: &Url,
    mut take: impl FnMut(Item, &str) -> ControlFlow<()>,
) -> Result<(), Error> {
    let mut reader = Reader::from_reader(input);
    let mut buffer = Vec::new();
    let mut state = Elements {
        base,
        item: Item::Page,
        is_in_item: false,
        url: None,
    };
    loop {
        buffer.clear();
        let found = match reader.read_event_into(&mut buffer).map_err(bad)? {
            Event::Start(tag) => state.start(&tag)?,
            Event::Empty(tag) => state.empty(&tag)?,
            Event::Text(text) => state.text(&text),
            Event::CData(text) => state.text(&text),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().map_err(bad)? {
                Some(c) => state.text(c.encode_utf8(&mut [0; 4])),
                None => state.text(predefined(&reference)),
            },
            Event::End(tag) => state.end(tag.local_name().as_ref()),
            Event::Eof if reader.get_ref().limit() == 0 => {
                return Err(Problem::SitemapTooLarge.into());
            }
            Event::Eof => return Ok(()),
            _ => None,
        };
        if let Some((item, url)) = found
            && take(item, url.trim()).is_break()
        {
            return Ok(());
        }
    }
}

/// The elements that are open in a sitemap.
struct Elements<'a> {
    base: &'a Url,
    item: Item,
    /// The `link` of a feed's item is a page, that of the feed is not.
    is_in_item: bool,
    /// The text of the element at hand, if that is a URL.
    url: Option<String>,
}

/// A URL of a sitemap.
type Found = Option<(Item, String)>;

impl Elements<'_> {
    fn start(&mut self, tag: &BytesStart) -> Result<Found, Error> {
        match tag.local_name().as_ref() {
            "url" => self.item = Item::Page,
            "sitemap" => self.item = Item::Sitemap,
            "item" | "entry" => self.is_in_item = true,
            "loc" => self.url = Some(String::new()),
            "link" if self.is_in_item => match href(tag)? {
                Some(link) => return Ok(self.link(link)),
                None => self.url = Some(String::new()),
            },
            _ => {}
        }
        Ok(None)
    }

    fn empty(&mut self, tag: &BytesStart) -> Result<Found, Error> {
        if !self.is_in_item || tag.local_name().as_ref() != "link" {
            return Ok(None);
        }
        Ok(href(tag)?.and_then(|link| self.link(link)))
    }

    /// A link of Atom.
    fn link(&self, (href, is_page): (String, bool)) -> Found {
        is_page.then(|| (Item::Page, joined(self.base, &href)))
    }

    fn text(&mut self, text: &str) -> Found {
        if let Some(url) = &mut self.url {
            url.push_str(text);
        }
        None
    }

    fn end(&mut self, name: &str) -> Found {
        match name {
            "loc" | "link" => return self.url.take().map(|url| (self.item, url)),
            "item" | "entry" => self.is_in_item = false,
            _ => {}
        }
        None
    }
}

/// The URL of a link of Atom, and whether it is the page of its entry.
fn href(tag: &BytesStart) -> Result<Option<(String, bool)>, Error> {
    let (mut href, mut is_page) = (None, true);
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| bad(quick_xml::Error::from(error)))?;
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(bad)?;
        match attribute.key.as_ref() {
            "href" => href = Some(value.trim().to_string()),
            "rel" => is_page = value == "alternate",
            _ => {}
        }
    }
    Ok(href.map(|href| (href, is_page)))
}

/// A URL, which may be relative to that of its feed.
fn joined(base: &Url, href: &str) -> String {
    base.join(href).map_or(href.to_string(), String::from)
}

/// A sitemap with one URL on each line.
fn text(
    mut input: Input<'_>,
    mut take: impl FnMut(Item, &str) -> ControlFlow<()>,
) -> Result<(), Error> {
    let mut line = Vec::new();
    let mut is_first = true;
    loop {
        line.clear();
        let mut one = input.by_ref().take(LINE);
        one.read_until(b'\n', &mut line).map_err(Error::Read)?;
        if line.is_empty() {
            return match input.limit() == 0 {
                true => Err(Problem::SitemapTooLarge.into()),
                false => Ok(()),
            };
        }
        let text = String::from_utf8_lossy(&line);
        let url = text.trim_start_matches('\u{FEFF}').trim();
        if url.is_empty() {
            continue;
        }
        let is_http = |url: Url| matches!(url.scheme(), "http" | "https");
        if line.len() as u64 == LINE || is_first && !Url::parse(url).is_ok_and(is_http) {
            return Err(Problem::NotASitemap.into());
        }
        is_first = false;
        if take(Item::Page, url).is_break() {
            return Ok(());
        }
    }
}

/// An error of the parser: that of its reader, or invalid XML.
fn bad(error: impl Into<quick_xml::Error>) -> Error {
    match error.into() {
        quick_xml::Error::Io(error) => Error::Read(match Arc::try_unwrap(error) {
            Ok(error) => error,
            Err(shared) => io::Error::new(shared.kind(), shared),
        }),
        error => Problem::Xml(error.into()).into(),
    }
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
    use proptest::prelude::*;
    use std::io::Write;

    fn list(xml: &[u8]) -> Vec<(Item, String)> {
        let mut all = Vec::new();
        let take = |item, url: &str| {
            all.push((item, url.to_string()));
            ControlFlow::Continue(())
        };
        let base = Url::parse("http://a/feeds/x").unwrap();
        read(xml, &base, take).unwrap();
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

    // case web-5
    #[test]
    fn text_and_feeds() {
        let pages = ["http://a/1", "http://a/2"].map(|url| (Item::Page, url.to_string()));
        let text = b"\xEF\xBB\xBF\r\nhttp://a/1 \r\n\n\thttp://a/2";
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text).unwrap();
        let rss = b"<rss version='2.0'><channel><link>http://a/</link>\
            <atom:link href='http://a/feed' rel='self'/>\
            <item><link> http://a/1</link><comments>http://a/c</comments></item>\
            <item><title>x</title><link><![CDATA[http://a/2]]></link></item></channel></rss>";
        let atom = b"<feed xmlns='http://www.w3.org/2005/Atom'><link href='http://a/'/>\
            <entry><link rel='edit' href='e'/><link href='../1'/></entry>\
            <entry><link rel='alternate' href='http://a/2'></link><link rel='self' href='x'></link></entry></feed>";
        for sitemap in [&text[..], &gzip.finish().unwrap(), rss, atom] {
            assert_eq!(list(sitemap), pages);
        }
        assert_eq!(list(b"http://a/1\nx\n")[1].1, "x");
    }

    proptest! {
        #[test]
        fn any_sitemap_is_read_or_refused(sitemap: Vec<u8>, xml in "(<|/|>|url|loc|link|item|entry| href='|x|&|;|\n){0,30}") {
            let base = Url::parse("http://a/").unwrap();
            let _ = read(&sitemap[..], &base, |_, _| ControlFlow::Continue(()));
            let _ = read(xml.as_bytes(), &base, |_, _| ControlFlow::Continue(()));
        }
    }

    #[test]
    fn invalid_xml_is_an_error() {
        for bad in [
            &b"<urlset><url><loc>http://a/</url></urlset>"[..],
            b"<a><loc>&#xFFFFFFFF;</loc>",
            b"\x1F\x8Bxyz",
            b"{\"urls\": []}",
            b"/relative\n",
            &[b"http://a/", &[b'x'; 1 << 17][..]].concat(),
        ] {
            let base = Url::parse("http://a/").unwrap();
            assert!(read(bad, &base, |_, _| ControlFlow::Continue(())).is_err());
        }
    }
}
