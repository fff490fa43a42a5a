//! Links on their way from a worker to the frontier: many of them in two
//! allocations.

use std::mem;

/// A batch is sent on when it has so many bytes of text.
const FULL: usize = 32 << 10;

/// Some of the links of a page, in page order.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// All URLs and fragments, one behind the other.
    text: String,
    marks: Vec<Mark>,
    invalid: Vec<(String, super::cause::Cause)>,
}

#[derive(Debug)]
struct Mark {
    /// Where the URL ends in the text, and where its fragment does.
    url_end: usize,
    end: usize,
    has_fragment: bool,
    enters: bool,
}

/// A link of a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Link<'a> {
    /// Absolute, without fragment.
    pub(super) url: &'a str,
    pub(super) fragment: Option<&'a str>,
    /// Whether it leads a reader to another page.
    pub(super) enters: bool,
}

impl Batch {
    pub(super) fn push(&mut self, link: Link) {
        self.text.push_str(link.url);
        let url_end = self.text.len();
        self.text.push_str(link.fragment.unwrap_or_default());
        self.marks.push(Mark {
            url_end,
            end: self.text.len(),
            has_fragment: link.fragment.is_some(),
            enters: link.enters,
        });
    }

    /// A link that is no URL.
    pub(super) fn push_invalid(&mut self, raw: String, cause: super::cause::Cause) {
        self.invalid.push((raw, cause));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.marks.is_empty() && self.invalid.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.text.len() + (self.marks.len() + self.invalid.len()) * mem::size_of::<Mark>() >= FULL
    }

    pub(super) fn links(&self) -> impl Iterator<Item = Link<'_>> {
        let mut start = 0;
        self.marks.iter().map(move |mark| {
            let url = &self.text[start..mark.url_end];
            let fragment = &self.text[mark.url_end..mark.end];
            start = mark.end;
            Link {
                url,
                fragment: mark.has_fragment.then_some(fragment),
                enters: mark.enters,
            }
        })
    }

    pub(super) fn invalid(&self) -> impl Iterator<Item = (&str, &super::cause::Cause)> {
        self.invalid.iter().map(|(raw, cause)| (&raw[..], cause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let link = |url, fragment, enters| Link {
            url,
            fragment,
            enters,
        };
        let links = [
            link("http://a/", None, true),
            link("http://a/", Some(""), false),
            link("mailto:x", None, true),
            link("http://b/", Some("c"), true),
        ];
        let mut batch = Batch::default();
        assert!(batch.is_empty());
        for &Link {
            url,
            fragment,
            enters,
        } in &links
        {
            batch.push(link(url, fragment, enters));
        }
        assert!(batch.links().eq(links));
        while !batch.is_full() {
            batch.push(link("x:", None, false));
        }
    }
}
