//! The anchors of pages, which fragments of URLs name.
//!
//! An anchor is stored as 64 bits of a keyed hash: 8 bytes, whatever its length. A
//! collision, which hides a missing anchor, has a probability of 1 in 10^19 for each
//! pair. The key is random in each run, so a page cannot cause one.

use percent_encoding::percent_decode_str;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// Hashes names of anchors. A clone gives the same hashes.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(RandomState);

impl Names {
    pub(super) fn hash(&self, name: &[u8]) -> u64 {
        self.0.hash_one(name)
    }
}

/// The anchors of a page.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    sorted: Box<[u64]>,
    /// Not all of them are known.
    partial: bool,
}

impl Anchors {
    pub(super) fn new(mut names: Vec<u64>, partial: bool) -> Anchors {
        names.sort_unstable();
        names.dedup();
        Anchors {
            sorted: names.into(),
            partial,
        }
    }

    /// Whether a browser finds something at this fragment (HTML standard, 7.4.6.4,
    /// "indicated part"): the element with this id, encoded or percent-decoded; the top
    /// of the page; or the text of a directive (`:~:`), which is not checked.
    pub(super) fn have(&self, names: &Names, fragment: &str) -> bool {
        let id = match fragment.split_once(":~:") {
            Some((id, _)) => id,
            None => fragment,
        };
        let has = |name: &[u8]| self.sorted.binary_search(&names.hash(name)).is_ok();
        let decoded: Vec<u8> = percent_decode_str(id).collect();
        self.partial
            || id.is_empty()
            || has(id.as_bytes())
            || has(&decoded)
            || decoded.eq_ignore_ascii_case(b"top")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_find() {
        let names = Names::default();
        let ids = ["a", "ü", "x y", "100%25"];
        let ids = ids.iter().map(|id| names.hash(id.as_bytes())).collect();
        let page = Anchors::new(ids, false);
        for there in [
            "a",
            "%61",
            "%C3%BC",
            "x%20y",
            "100%25",
            "100%2525",
            "",
            "top",
            "TOP",
            "%74op",
            ":~:text=b",
            "a:~:text=b",
        ] {
            assert!(page.have(&names, there), "{there}");
        }
        for missing in ["b", "A", "x", "%FC", "100%", "b:~:text=b", "top2"] {
            assert!(!page.have(&names, missing), "{missing}");
        }
        assert!(Anchors::new(Vec::new(), true).have(&names, "b"));
    }
}
