//! Words of scripts without blanks, by dictionaries: the longest entry, from left to right.
//!
//! The dictionaries are those of the crate `icu_segmenter`, and so is the rule: a word ends where
//! the longest entry ends that is also the end of a grapheme cluster. Where there is no entry, the
//! characters up to the first one that no entry has there are a word. The steps through a trie are
//! kept, since most of them repeat: that is faster than the trie itself.

use super::classes::Script;
use super::own::Own;
use crate::common::utf8;
use crate::text::scan::Members;
use icu_collections::char16trie::Char16TrieCursor;
use icu_collections::codepointinvlist::CodePointInversionList;
use icu_provider::prelude::*;
use icu_segmenter::GraphemeClusterSegmenter;
use icu_segmenter::provider::{
    Baked, DictionaryBreakData, SegmenterDictionaryAutoV2, SegmenterDictionaryExtendedV2,
};
use unicode_normalization::char::is_combining_mark;
use zerotrie::cursor::ZeroTrieSimpleAsciiCursor;

/// The longest word, in bytes. A longer one is cut.
const LONGEST: usize = 4 << 10;

/// A dictionary for each script, made at its first character.
#[derive(Default)]
pub struct Dictionaries {
    han: Option<Trie>,
    thai: Option<Trie>,
    lao: Option<Trie>,
    khmer: Option<Trie>,
    burmese: Option<Trie>,
    /// Entries that come before those of the dictionaries.
    own: Own,
    /// The characters that belong to the grapheme cluster of the one before them.
    extending: Option<Members>,
}

impl Dictionaries {
    /// The dictionaries, and entries that come before theirs.
    pub fn new(own: Own) -> Dictionaries {
        Dictionaries {
            own,
            ..Dictionaries::default()
        }
    }

    /// Splits characters of one script into words, and marks that belong to the word before them. If there
    /// may be more characters, it leaves the last ones. Returns the number of bytes that it has split.
    pub fn split(
        &mut self,
        script: Script,
        run: &[u8],
        is_all: bool,
        mut each: impl FnMut(Part),
    ) -> usize {
        let (trie, dictionary) = match script {
            Script::Han => (&mut self.han, "cjdict"),
            Script::Thai => (&mut self.thai, "thaidict"),
            Script::Lao => (&mut self.lao, "laodict"),
            Script::Khmer => (&mut self.khmer, "khmerdict"),
            Script::Burmese => (&mut self.burmese, "burmesedict"),
            // These characters are not split.
            Script::Rest => return 0,
        };
        let trie = trie.get_or_insert_with(|| Trie::new(dictionary));
        let extending = || Members::new(r"[\p{gcb=Extend}\p{gcb=SpacingMark}]");
        let extending = self.extending.get_or_insert_with(extending);
        let mut at = 0;
        while at < run.len() {
            let rest = &run[at..];
            let text = Text {
                bytes: &rest[..rest.len().min(LONGEST)],
                is_all: is_all || rest.len() > LONGEST,
                extending,
            };
            let length = match self.own.longest(&text) {
                Ok(Some(length)) => Some(length),
                Ok(None) => trie.longest(&text),
                Err(Undecided) => None,
            };
            let Some(length) = length else {
                break;
            };
            let word = &rest[..length];
            each(match are_marks(word) {
                true => Part::Marks(word),
                false => Part::Word(word),
            });
            at += length;
        }
        at
    }
}

/// A part of a run of characters.
pub enum Part<'a> {
    Word(&'a [u8]),
    /// Marks that no entry has at this place.
    Marks(&'a [u8]),
}

/// More text decides.
pub struct Undecided;

/// The text at whose start a word is searched.
pub struct Text<'a> {
    pub bytes: &'a [u8],
    /// No more characters of the script follow it.
    pub is_all: bool,
    extending: &'a Members,
}

impl Text<'_> {
    /// The character at `at`, and where the next one begins; none at the end.
    #[inline]
    pub fn next(&self, at: usize) -> Result<Option<(char, usize)>, Undecided> {
        // A cut character is one without entries.
        if at < self.bytes.len() {
            let (c, length) = utf8::first(&self.bytes[at..]);
            return Ok(Some((c.unwrap_or_default(), at + length)));
        }
        match self.is_all {
            true => Ok(None),
            false => Err(Undecided),
        }
    }

    /// Whether a grapheme cluster ends behind the character `last`, which ends at `end`.
    #[inline]
    pub fn ends_cluster(&self, last: char, end: usize) -> Result<bool, Undecided> {
        Ok(match self.next(end)? {
            None => true,
            Some((next, _)) if self.extending.has(next) => false,
            Some(_) if !self.extending.has(last) => true,
            Some((_, next)) => {
                // A conjunct of consonants may go on.
                let has_conjunct = [VIRAMA, COENG]
                    .iter()
                    .any(|linker| memchr::memmem::find(&self.bytes[..end], linker).is_some());
                !has_conjunct || {
                    let ends = GraphemeClusterSegmenter::new().segment_utf8(&self.bytes[..next]);
                    { ends }.any(|at| at == end)
                }
            }
        })
    }
}

/// Myanmar sign virama, in UTF-8.
const VIRAMA: &[u8] = "\u{1039}".as_bytes();

/// Khmer sign coeng, in UTF-8.
const COENG: &[u8] = "\u{17D2}".as_bytes();

/// Whether a text has no other characters than marks.
#[inline]
fn are_marks(text: &[u8]) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let (c, length) = utf8::first(rest);
        if !c.is_some_and(is_combining_mark) {
            return false;
        }
        rest = &rest[length..];
    }
    true
}

/// A dictionary, as the crate has it, and the steps that were taken.
struct Trie {
    alphabet: Option<&'static CodePointInversionList<'static>>,
    nodes: Vec<Node>,
    /// Each in the place that its origin and character choose.
    steps: Vec<Step>,
}

/// A place in a trie.
struct Node {
    cursor: Cursor,
    /// An entry ends here.
    is_entry: bool,
    /// No longer entry follows.
    is_last: bool,
}

#[derive(Clone)]
enum Cursor {
    Wide(Char16TrieCursor<'static>),
    Narrow(ZeroTrieSimpleAsciiCursor<'static>),
}

#[derive(Clone, Copy)]
struct Step {
    from: u32,
    c: char,
    to: u32,
}

/// The place of no step.
const UNUSED: Step = Step {
    from: u32::MAX,
    c: '\0',
    to: ROOT,
};

/// The number of steps that are kept.
const STEPS: usize = 1 << 15;

/// If there are more nodes, a search clears all of them.
const NODES: usize = 1 << 16;

/// The node before the first character.
const ROOT: u32 = 0;

impl Trie {
    fn new(name: &'static str) -> Trie {
        let (cursor, alphabet) = match dictionary(name) {
            DictionaryBreakData::Char16Trie(trie) => (Cursor::Wide(trie.cursor()), None),
            DictionaryBreakData::ZeroTrie { alphabet, trie } => {
                (Cursor::Narrow(trie.cursor()), Some(alphabet))
            }
        };
        let root = Node {
            cursor,
            is_entry: false,
            is_last: false,
        };
        Trie {
            alphabet,
            nodes: vec![root],
            steps: vec![UNUSED; STEPS],
        }
    }

    /// The length of the word at the start of a text, in bytes; none if more text decides.
    fn longest(&mut self, text: &Text) -> Option<usize> {
        self.search(text).ok()
    }

    fn search(&mut self, text: &Text) -> Result<usize, Undecided> {
        if self.nodes.len() >= NODES {
            self.clear();
        }
        let (mut node, mut end, mut entry) = (ROOT, 0, None);
        while let Some((c, next)) = text.next(end)? {
            end = next;
            node = self.step(node, c);
            let Node {
                is_entry, is_last, ..
            } = self.nodes[node as usize];
            if is_entry && text.ends_cluster(c, end)? {
                if is_last {
                    return Ok(end);
                }
                entry = Some(end);
            } else if is_last {
                return match entry {
                    Some(entry) => Ok(entry),
                    None => rest_of_cluster(text, c, end),
                };
            }
        }
        Ok(entry.unwrap_or(end))
    }

    /// The node behind a character.
    #[inline]
    fn step(&mut self, from: u32, c: char) -> u32 {
        let hash = (u64::from(from) << 21 | u64::from(c)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let place = (hash >> (64 - STEPS.ilog2())) as usize;
        let step = self.steps[place];
        if step.from == from && step.c == c {
            return step.to;
        }
        self.walk(from, c, place)
    }

    #[cold]
    fn clear(&mut self) {
        self.nodes.truncate(1);
        self.steps.fill(UNUSED);
    }

    #[cold]
    fn walk(&mut self, from: u32, c: char, place: usize) -> u32 {
        let mut cursor = self.nodes[from as usize].cursor.clone();
        let (is_entry, is_last) = match &mut cursor {
            Cursor::Wide(cursor) => {
                cursor.step(c);
                (cursor.value().is_some(), cursor.is_empty())
            }
            Cursor::Narrow(cursor) => {
                let letter = self.alphabet.and_then(|alphabet| alphabet.position(c));
                cursor.step(letter.map_or(0xFF, |letter| letter as u8));
                (cursor.take_value().is_some(), cursor.is_empty())
            }
        };
        let to = self.nodes.len() as u32;
        self.nodes.push(Node {
            cursor,
            is_entry,
            is_last,
        });
        self.steps[place] = Step { from, c, to };
        to
    }
}

/// The end of the grapheme cluster of a character that ends at `end`.
fn rest_of_cluster(text: &Text, last: char, end: usize) -> Result<usize, Undecided> {
    let (mut last, mut end) = (last, end);
    while !text.ends_cluster(last, end)? {
        match text.next(end)? {
            Some(next) => (last, end) = next,
            None => break,
        }
    }
    Ok(end)
}

/// A dictionary of the crate.
fn dictionary(name: &'static str) -> &'static DictionaryBreakData<'static> {
    let request = DataRequest {
        id: DataIdentifierBorrowed::for_marker_attributes(DataMarkerAttributes::from_str_or_panic(
            name,
        )),
        ..Default::default()
    };
    let payload = match name {
        "cjdict" => {
            let response: Result<DataResponse<SegmenterDictionaryAutoV2>, _> = Baked.load(request);
            response.map(|response| response.payload.get_static())
        }
        _ => {
            let response: Result<DataResponse<SegmenterDictionaryExtendedV2>, _> =
                Baked.load(request);
            response.map(|response| response.payload.get_static())
        }
    };
    payload
        .ok()
        .flatten()
        .expect("a dictionary that is compiled in")
}
