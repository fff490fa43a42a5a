//! The program `links`: writes the links of pages, one a line.

use super::link::{Invalid, Link};
use super::reader::Links;
use super::visit::{Options, Visit};
use crate::common::error::Error;
use crate::common::stream::{self, BLOCK, Out, Pages};
use crate::web::html::pages;
use std::io::{Read, Write};
use url::Url;

/// Writes the links of a page, one a line. What was read is written before the next read,
/// which may block. Invalid URLs go to `report`.
///
/// A mark ([`pages`]) in the input ends the page at hand and begins another one, whose
/// URL and charset it contains. `base` is the URL of the text before the first mark, and
/// after an empty one.
///
/// A page from the web may contain a mark, too. So a mark does not allow links to local
/// files: these are reported ([`Cause::File`](super::Cause::File)) unless `base` is a file
/// or the options ask for all schemes.
///
/// ```
/// use textmill::web::links::{self, Options};
///
/// let page = b"<a href=b>text</a> <a href='http://['>";
/// let base = url::Url::parse("http://host/a").unwrap();
/// let (mut output, mut invalid) = (Vec::new(), 0);
/// let mut report = |_: &links::Invalid<'_>| invalid += 1;
/// links::links(&mut &page[..], Some(&base), Options::default(), &mut output, &mut report)?;
/// assert_eq!((&output[..], invalid), (&b"http://host/b\n"[..], 1));
/// # Ok::<(), textmill::common::error::Error>(())
/// ```
pub fn links(
    input: &mut dyn Read,
    base: Option<&Url>,
    options: Options,
    output: &mut dyn Write,
    report: &mut dyn FnMut(&Invalid<'_>),
) -> Result<(), Error> {
    let out = Out::default();
    let print = Print {
        output,
        out,
        report,
    };
    let mut links = Links::new(base, options, print);
    let mut splitter = pages::Splitter::new();
    let mut buffer = Pages::new(BLOCK);
    let ended = loop {
        match stream::read(input, &mut buffer) {
            Ok(0) => break Ok(()),
            Ok(n) => {
                splitter.block(&buffer[..n], |part| links.part(part))?;
                links.pause()?;
            }
            Err(error) => break Err(Error::Read(error)),
        }
    };
    links.text(splitter.end())?;
    links.end()?;
    ended
}

/// Writes links, and reports invalid ones.
struct Print<'a> {
    output: &'a mut dyn Write,
    out: Out,
    report: &'a mut dyn FnMut(&Invalid<'_>),
}

impl Visit for Print<'_> {
    fn link(&mut self, link: &Link<'_>) -> Result<(), Error> {
        self.out.push(link.url.as_bytes());
        if let Some(fragment) = link.fragment {
            self.out.push(b"#");
            self.out.push(fragment.as_bytes());
        }
        self.out.push(b"\n");
        // Absolute URLs may be much longer than the links in the block that was read.
        match self.out.as_slice().len() {
            BLOCK.. => stream::write(self.output, &mut self.out),
            _ => Ok(()),
        }
    }

    fn invalid(&mut self, invalid: &Invalid<'_>) -> Result<(), Error> {
        (self.report)(invalid);
        Ok(())
    }

    fn pause(&mut self) -> Result<(), Error> {
        stream::write(self.output, &mut self.out)
    }
}
