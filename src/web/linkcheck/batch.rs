//! The links of a page, many in two allocations, for the frontier.

use super::cause::Cause;
use std::mem;

/// A batch of this size, in bytes, is sent.
const FULL: usize = 32 << 10;

/// Some of the links of a page, in page order.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// All URLs and fragments, one after the other.
    text: String,
    marks: Vec<Mark>,
    invalid: Vec<Invalid>,
    /// They are the links of a style sheet.
    pub(super) is_css: bool,
}

#[derive(Debug)]
struct Mark {
    /// Where the URL ends in the text, and where its fragment does.
    url_end: usize,
    end: usize,
    has_fragment: bool,
    kind: Kind,
    line: Option<u64>,
}

/// An invalid URL, or an empty value.
#[derive(Debug)]
pub(super) struct Invalid {
    pub(super) raw: String,
    /// Why it is invalid; `None` if it is empty.
    pub(super) cause: Option<Cause>,
    pub(super) line: Option<u64>,
}

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A reader follows it to another page.
    Enters,
    /// The page uses it: an image, a script.
    Uses,
    /// The page uses it, perhaps as a style sheet, which uses others in turn.
    Style,
    /// The target of a form that is sent by GET.
    Form,
    /// The target of a form that is sent by POST.
    Post,
}

/// A link of a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Link<'a> {
    /// Absolute, without fragment.
    pub(super) url: &'a str,
    pub(super) fragment: Option<&'a str>,
    pub(super) kind: Kind,
    /// Its line on the page.
    pub(super) line: Option<u64>,
}

impl Batch {
    /// For the links of a style sheet.
    pub(super) fn of_css() -> Batch {
        Batch {
            is_css: true,
            ..Batch::default()
        }
    }

    /// Empties the batch, and returns its links.
    pub(super) fn take(&mut self) -> Batch {
        let next = Batch {
            is_css: self.is_css,
            ..Batch::default()
        };
        mem::replace(self, next)
    }

    pub(super) fn push(&mut self, link: Link) {
        self.text.push_str(link.url);
        let url_end = self.text.len();
        self.text.push_str(link.fragment.unwrap_or_default());
        self.marks.push(Mark {
            url_end,
            end: self.text.len(),
            has_fragment: link.fragment.is_some(),
            kind: link.kind,
            line: link.line,
        });
    }

    /// Adds an invalid URL.
    pub(super) fn push_invalid(&mut self, raw: String, cause: Cause, line: Option<u64>) {
        let cause = Some(cause);
        self.invalid.push(Invalid { raw, cause, line });
    }

    /// Adds an empty value, as the page has it.
    pub(super) fn push_empty(&mut self, raw: String, line: Option<u64>) {
        let cause = None;
        self.invalid.push(Invalid { raw, cause, line });
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
                kind: mark.kind,
                line: mark.line,
            }
        })
    }

    pub(super) fn invalid(&self) -> &[Invalid] {
        &self.invalid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let link = |url, fragment, kind| Link {
            url,
            fragment,
            kind,
            line: Some(7),
        };
        let links = [
            link("http://a/", None, Kind::Enters),
            link("http://a/", Some(""), Kind::Uses),
            link("mailto:x", None, Kind::Post),
            link("http://b/", Some("c"), Kind::Form),
        ];
        let mut batch = Batch::default();
        assert!(batch.is_empty());
        for &Link {
            url,
            fragment,
            kind,
            ..
        } in &links
        {
            batch.push(link(url, fragment, kind));
        }
        assert!(batch.links().eq(links));
        while !batch.is_full() {
            batch.push(link("x:", None, Kind::Uses));
        }
    }
}
