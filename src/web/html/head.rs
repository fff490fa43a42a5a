//! The base URL that the head of a page sets.
//!
//! Browsers resolve all links of a page against its first `<base href>`
//! (HTML standard, 2.4.1 and 4.2.3). [`Head`] searches for it, block by block, up
//! to the first tag or text that belongs to the body.

use super::address::{self, Charset};
use super::{Attribute, Content, Context, Element, Name, Sink, Tokenizer, character};
use url::{ParseError, Url};

/// The base URL that a `<base href>` sets in a document with this URL and charset.
/// `None` if it sets none (`data:`, `javascript:`, and URLs that cannot be a base).
pub fn base(
    href: &[u8],
    document: Option<&Url>,
    charset: Charset,
) -> Result<Option<Url>, ParseError> {
    let url = address::parse(href, document, charset)?;
    let sets = !matches!(url.scheme(), "data" | "javascript") && !url.cannot_be_a_base();
    Ok(sets.then_some(url))
}

/// How much is read before it is checked whether the search has ended, in bytes: most heads are
/// much smaller than a block.
const PIECE: usize = 1024;

/// Searches for the first `<base href>` in the head of a page, block by block.
#[derive(Default)]
pub struct Head {
    tokenizer: Tokenizer,
    search: Search,
}

impl Head {
    /// Reads the next block of the page. True once the search has ended: the
    /// `<base href>` was found, or the head has ended.
    pub fn block(&mut self, text: &[u8]) -> bool {
        for piece in text.chunks(PIECE) {
            if self.search.ended {
                break;
            }
            self.tokenizer.block(piece, &mut self.search);
        }
        self.search.ended
    }

    /// The value of the `href` of the base element that was found, if one was.
    pub fn href(&self) -> Option<&[u8]> {
        // A truncated tag does not count.
        self.search.href.as_deref().filter(|_| self.search.ended)
    }
}

#[derive(Default)]
struct Search {
    context: Context,
    element: Option<Element>,
    is_end: bool,
    /// The text after the last tag is a script or the like.
    is_raw: bool,
    /// The `href` of the base element at hand, not decoded; once the search has ended, its
    /// value.
    href: Option<Vec<u8>>,
    ended: bool,
}

/// Whether the element may be in a head (HTML standard, 13.2.6.4.4).
fn is_of_head(element: Element) -> bool {
    use Element::*;
    matches!(
        element,
        Base | Head | Html | Link | Meta | Noframes | Noscript | Script | Style | Template | Title
    )
}

impl Sink for Search {
    fn wants_text(&self) -> bool {
        !self.ended && !self.is_raw && !self.context.is_inert()
    }

    fn text(&mut self, text: &[u8]) {
        // White space, or a byte order mark.
        let is_blank = |byte: &u8| byte.is_ascii_whitespace() || b"\xEF\xBB\xBF".contains(byte);
        self.ended |= !text.iter().all(is_blank);
    }

    fn tag(&mut self, name: &Name, is_end: bool) -> bool {
        let element = Element::named(name);
        self.element = Some(element);
        self.is_end = is_end;
        if !self.ended {
            self.href = None;
        }
        element == Element::Base && !is_end && self.wants_text()
    }

    fn attribute(&mut self, name: &Name) -> bool {
        let counts = self.href.is_none() && Attribute::named(name) == Attribute::Href;
        if counts {
            self.href = Some(Vec::new());
        }
        counts
    }

    fn value(&mut self, raw: &[u8]) {
        if let Some(href) = &mut self.href {
            href.extend_from_slice(raw);
        }
    }

    fn tag_end(&mut self, closes_itself: bool) -> Content {
        let element = self.element.take().unwrap_or(Element::Other);
        self.is_raw = false;
        if self.is_end {
            self.context.close(element);
            if element == Element::Template && !self.context.is_inert() {
                // It closes the elements that are open in it.
                self.context = Context::default();
            }
            return Content::Data;
        }
        let is_inert = self.context.is_inert();
        let (content, _) = self.context.open(element, closes_itself, false);
        self.is_raw = content != Content::Data;
        if !is_inert && !self.ended {
            if let Some(href) = &mut self.href {
                *href = character::value(href).into_owned();
                self.ended = true;
            }
            self.ended |= !is_of_head(element);
        }
        content
    }

    fn has_cdata(&self) -> bool {
        self.context.is_foreign()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary;
    use crate::web::html::oracle;
    use proptest::prelude::*;

    /// The base that the head of a page sets.
    fn found(page: &[u8], cuts: &[usize]) -> Option<String> {
        let mut head = Head::default();
        for block in arbitrary::blocks(page, cuts) {
            if head.block(block) {
                break;
            }
        }
        head.href()
            .map(|href| String::from_utf8_lossy(href).into_owned())
    }

    #[track_caller]
    fn check(page: &str, href: Option<&str>) {
        for cuts in [&[1][..], &[3], &[usize::MAX]] {
            assert_eq!(found(page.as_bytes(), cuts).as_deref(), href, "{page}");
        }
    }

    #[test]
    fn the_first_base_with_an_href() {
        check("<base href=a>", Some("a"));
        check(
            "<base target=x><base target=y href='a&amp;b' href=c>",
            Some("a&b"),
        );
        check("<BASE HREF=''><base href=b>", Some(""));
        check(
            "\u{FEFF}<!DOCTYPE html> <html> <head><!-- <p> --><title><p>t</title><meta charset=x>\
             <link href=l><script>'<p>'</script><style>p</style></head> <base href=a>",
            Some("a"),
        );
        check(
            "<template><base href=x><svg></template><base href=a>",
            Some("a"),
        );
    }

    #[test]
    fn pages_without_a_base_in_the_head() {
        for page in [
            "",
            "<base>",
            "<base href=a",
            "</base href=a>",
            "<p><base href=a>",
            "text<base href=a>",
            "<svg><base href=a>",
            "<body><base href=a>",
            "<!-- <base href=a> -->",
            "<script><base href=a></script>",
            "<template><base href=a></template>",
        ] {
            check(page, None);
        }
    }

    #[test]
    fn the_search_ends_as_early_as_possible() {
        for (before, last) in [
            ("<head><base href=a", ">"),
            ("<title>t</title> ", "x"),
            ("<title>t</title><p", ">"),
        ] {
            let mut head = Head::default();
            assert!(!head.block(before.as_bytes()) && head.block(last.as_bytes()));
        }
    }

    proptest! {
        /// The base that html5ever puts into the head of the tree.
        #[test]
        fn html5ever_agrees(soup in oracle::soup(), cuts in arbitrary::cuts()) {
            if let Some((href, true)) = oracle::base(&soup) {
                prop_assert_eq!(found(soup.as_bytes(), &cuts), Some(href));
            }
        }
    }
}
