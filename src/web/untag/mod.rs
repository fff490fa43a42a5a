//! `untag`: the text of a page, as a reader sees it.
//!
//! It is what `innerText` gives in a browser without scripts: no tags, comments, scripts,
//! styles and templates, and no title, which browsers do not show in the page. White
//! space is collapsed, except in `<pre>` and the like. A block (a paragraph, a heading, an
//! item of a list, …) has lines of its own, `<br>` ends a line, and a TAB separates the
//! cells of a table's row. Unlike there, no empty lines separate blocks.
//!
//! Elements that HTML itself hides are left out: those with `hidden` or `popover`, and a
//! `dialog` or `details` that is not open. Style sheets are ignored, so elements that they
//! hide are not left out, and neither is the fallback text of a video or a canvas. Images
//! have no text.
//!
//! Several pages in a row, with a mark before each ([`pages`]), are read one by one: each
//! begins on a new line, even if the page before left elements open.
//!
//! The chapters, in the order in which data flows:
//!
//! - `page`: the tokens of a page in; which of them are text that is shown.
//! - `effect`: whether a tag hides its text, by its name and attributes; `tag`, `elements`:
//!   its other effects.
//! - `hidden`: where a hidden element ends.
//! - `layout`: text and line ends in, lines out.
//!
//! Cost: one pass, constant memory. What was read is written, except white space that
//! the next character decides about, and a possible beginning of a mark.

mod effect;
mod elements;
mod hidden;
mod layout;
mod page;
mod tag;

#[cfg(test)]
mod tests;

use crate::common::error::Error;
use crate::common::stream::{Filter, Out};
use crate::web::html::pages::{self, Part};
use page::Page;

/// The filter `untag`: pages in, their text out.
///
/// ```
/// use textmill::common::stream::{Filter, Out};
/// use textmill::web::untag;
///
/// let (mut filter, mut out) = (untag::untag(), Out::default());
/// filter.block(b"<h1>A &amp; B</h1> <p>some   <b>te", &mut out)?;
/// filter.block(b"xt</b><script>1</script>", &mut out)?;
/// filter.end(&mut out)?;
/// assert_eq!(out.as_slice(), b"A & B\nsome text\n");
/// # Ok::<(), textmill::common::error::Error>(())
/// ```
pub fn untag() -> impl Filter {
    Untag::default()
}

#[derive(Default)]
struct Untag {
    splitter: pages::Splitter,
    page: Page,
}

impl Filter for Untag {
    fn block(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error> {
        self.splitter.block(text, |part| {
            match part {
                Part::Text(text) => self.page.text(text, out),
                Part::Page(..) | Part::End => self.page.end(out),
            }
            Ok(())
        })
    }

    fn end(&mut self, out: &mut Out) -> Result<(), Error> {
        self.page.text(self.splitter.end(), out);
        self.page.end(out);
        Ok(())
    }
}
