//! Words by the rules of Unicode Standard Annex 29, character by character.
//!
//! Each character is written at once, if it may belong to a word. Output is undecided while a later
//! character can remove it: a character such as `'` after a letter, with the marks on it, or
//! connectors in front of the first letter. If the next character does not join, it is removed.

use super::classes::{APOSTROPHE, Class, Classes, SOFT_HYPHEN, Script};
use super::dictionary::{Dictionaries, Part};
use crate::common::stream::Out;
use crate::common::utf8;
use crate::text::scan::{Last, Members};
use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// The most undecided output, in bytes. A longer one does not join.
const UNDECIDED: usize = 4 << 10;

/// The last character of a word, marks apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// The text ends outside of a word.
    Nothing,
    Letter,
    Hebrew,
    /// `'` after a Hebrew letter, of which it is a part.
    HebrewQuote,
    Digit,
    Katakana,
    Connector,
    /// A letter of a script without blanks that has no dictionary.
    Rest,
    /// A character that joins nothing but marks.
    Single,
}

/// What the next character must be to join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Middle {
    letter: bool,
    hebrew: bool,
    digit: bool,
    /// An apostrophe between letters, which elision makes the end of a word.
    apostrophe: bool,
}

/// The state between two characters.
pub struct Rules {
    classes: &'static Classes,
    dictionaries: Dictionaries,
    hyphens: bool,
    elision: bool,
    /// If there is such a class, a word must begin with a member.
    upper: Option<&'static Members>,
    before: Before,
    /// The last character is U+200D.
    joiner: bool,
    /// The word is written.
    picked: bool,
    undecided: Option<Undecided>,
    /// The undecided output of the block before.
    pending: Vec<u8>,
}

/// The end of the output, if the next character decides it.
#[derive(Clone, Copy, Debug)]
struct Undecided {
    /// It begins with a character that may join; none if it is a word without a letter so far.
    middle: Option<Middle>,
    /// Its length in bytes, also if the word is not written.
    bytes: usize,
}

impl Rules {
    pub fn new(
        dictionaries: Dictionaries,
        hyphens: bool,
        elision: bool,
        upper: Option<&'static Members>,
    ) -> Rules {
        Rules {
            classes: Classes::get(),
            dictionaries,
            hyphens,
            elision,
            upper,
            before: Before::Nothing,
            joiner: false,
            picked: false,
            undecided: None,
            pending: Vec::new(),
        }
    }

    /// Whether the text so far ends outside of a word.
    pub fn is_outside(&self) -> bool {
        self.before == Before::Nothing
    }

    /// Goes on behind a text that a scan has worked off.
    pub fn go_on(&mut self, last: Last, open: bool) {
        self.picked = open;
        self.joiner = false;
        self.before = match last {
            Last::Outside => Before::Nothing,
            Last::Letter => Before::Letter,
            Last::Digit => Before::Digit,
            Last::Connector => Before::Connector,
        };
    }

    /// Begins a block: the undecided output becomes output again.
    pub fn begin(&mut self, out: &mut Out) {
        out.push(&self.pending);
        self.pending.clear();
    }

    /// Ends a block: undecided output is kept for the next one.
    pub fn suspend(&mut self, out: &mut Out) {
        if let Some(undecided) = self.undecided
            && self.picked
        {
            let length = out.as_slice().len() - undecided.bytes;
            self.pending.extend_from_slice(&out.as_slice()[length..]);
            out.truncate(length);
        }
    }

    /// Ends the text.
    pub fn end(&mut self, out: &mut Out) {
        self.begin(out);
        self.end_word(out);
        self.joiner = false;
    }

    /// Works off a text, up to a byte of ASCII outside of a word behind which `least` bytes are left,
    /// or else up to the end. Returns the number of bytes. If the text is not all, it may leave the
    /// last characters of a script without blanks.
    pub fn apply(&mut self, text: &[u8], least: usize, is_all: bool, out: &mut Out) -> usize {
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            if at > 0 && self.is_outside() && rest[0].is_ascii() && rest.len() >= least {
                break;
            }
            let (c, length) = utf8::first(rest);
            match c.map_or(Class::Other, |c| self.classes.of(c)) {
                Class::Unspaced(script) if script != Script::Rest => {
                    let n = self.unspaced(script, rest, is_all, out);
                    if n == 0 {
                        break;
                    }
                    at += n;
                }
                class => {
                    self.character(c.unwrap_or_default(), class, &rest[..length], out);
                    at += length;
                }
            }
        }
        at
    }

    /// The next character, and its bytes.
    #[inline]
    fn character(&mut self, c: char, class: Class, bytes: &[u8], out: &mut Out) {
        use Before as B;
        use Class as C;
        if matches!(class, C::Extend | C::Joiner) {
            if self.before == B::Rest {
                self.before = B::Single;
            }
            if self.before != B::Nothing && c != SOFT_HYPHEN {
                self.write(bytes, out);
            }
            self.joiner = class == C::Joiner;
            return;
        }
        let joiner = std::mem::take(&mut self.joiner);
        if let Some(Undecided {
            middle: Some(middle),
            ..
        }) = self.undecided
        {
            let joins = match class {
                C::Letter => middle.letter && !(middle.apostrophe && elides(c)),
                C::Hebrew => middle.hebrew,
                C::Digit => middle.digit,
                _ => false,
            };
            if joins {
                self.undecided = None;
                self.before = of(class);
                self.write(bytes, out);
                return;
            }
            self.end_word(out);
        }
        match class {
            C::Letter | C::Hebrew => match self.before {
                B::Letter | B::Hebrew | B::HebrewQuote | B::Digit | B::Connector => {
                    self.undecided = None;
                }
                _ => self.begin_word(c, out),
            },
            C::Digit => match self.before {
                B::Letter | B::Hebrew | B::Digit | B::Connector => self.undecided = None,
                _ => self.begin_word(c, out),
            },
            C::Katakana => match self.before {
                B::Katakana | B::Connector => self.undecided = None,
                _ => self.begin_word(c, out),
            },
            C::Connector => match self.before {
                B::Letter | B::Hebrew | B::Digit | B::Katakana | B::Connector => {}
                _ => {
                    self.begin_word(c, out);
                    self.undecided = Some(Undecided {
                        middle: None,
                        bytes: 0,
                    });
                }
            },
            C::Unspaced(_) if self.before == B::Rest => {}
            C::Unspaced(_) if is_combining_mark(c) => {
                self.end_word(out);
                return;
            }
            C::Unspaced(_) | C::Single => self.begin_word(c, out),
            C::Quote if self.before == B::Hebrew => {
                self.before = B::HebrewQuote;
                self.write(bytes, out);
                return;
            }
            C::Pictograph if joiner && self.before != B::Nothing => {}
            C::MidLetter | C::MidDigit | C::MidBoth | C::Quote | C::DoubleQuote | C::Hyphen => {
                let Some(middle) = self.joins(c, class) else {
                    self.end_word(out);
                    return;
                };
                self.undecided = Some(Undecided {
                    middle: Some(middle),
                    bytes: 0,
                });
                self.write(if c == APOSTROPHE { b"'" } else { bytes }, out);
                return;
            }
            _ => {
                self.end_word(out);
                return;
            }
        }
        self.before = of(class);
        self.write(bytes, out);
    }

    /// What must follow a character that may join, after the last one; none if it ends the word.
    fn joins(&self, c: char, class: Class) -> Option<Middle> {
        let after_letter = matches!(self.before, Before::Letter | Before::Hebrew);
        let after_digit = self.before == Before::Digit;
        let after_hebrew = self.before == Before::Hebrew;
        let (letter, digit) = match class {
            Class::MidLetter => (after_letter, false),
            Class::MidDigit => (false, after_digit),
            Class::Hyphen => (after_letter && self.hyphens, false),
            Class::DoubleQuote => (false, false),
            _ => (after_letter, after_digit),
        };
        let hebrew = letter || class == Class::DoubleQuote && after_hebrew;
        let apostrophe = self.elision && (class == Class::Quote || c == APOSTROPHE);
        (letter || hebrew || digit).then_some(Middle {
            letter,
            hebrew,
            digit,
            apostrophe,
        })
    }

    /// Words of a script without blanks, at the start of a text. Returns the number of bytes.
    fn unspaced(&mut self, script: Script, text: &[u8], is_all: bool, out: &mut Out) -> usize {
        let length = self.run(script, text);
        let is_all = is_all || length < text.len();
        let run = &text[..length];
        self.joiner = false;
        let mut dictionaries = std::mem::take(&mut self.dictionaries);
        let n = dictionaries.split(script, run, is_all, |part| match part {
            Part::Word(word) => {
                self.end_word(out);
                // No such word has a capital.
                (self.before, self.picked) = (Before::Single, self.upper.is_none());
                self.write(word, out);
            }
            Part::Marks(marks) if self.before != Before::Nothing && self.undecided.is_none() => {
                self.before = Before::Single;
                self.write(marks, out);
            }
            Part::Marks(_) => self.end_word(out),
        });
        self.dictionaries = dictionaries;
        n
    }

    /// The length of the characters of this script at the start of a text, in bytes.
    fn run(&self, script: Script, text: &[u8]) -> usize {
        let mut at = 0;
        while at < text.len() {
            let (c, length) = utf8::first(&text[at..]);
            if c.is_none_or(|c| self.classes.of(c) != Class::Unspaced(script)) {
                break;
            }
            at += length;
        }
        at
    }

    /// Ends the last word, if there is one, and begins another one.
    fn begin_word(&mut self, c: char, out: &mut Out) {
        self.end_word(out);
        self.picked = self.upper.is_none_or(|upper| upper.has(c));
    }

    /// Ends the word, if there is one. Undecided output does not belong to it.
    fn end_word(&mut self, out: &mut Out) {
        if self.before == Before::Nothing {
            return;
        }
        self.before = Before::Nothing;
        let undecided = self.undecided.take();
        if !self.picked {
            return;
        }
        if let Some(Undecided { middle, bytes }) = undecided {
            out.truncate(out.as_slice().len() - bytes);
            if middle.is_none() {
                return;
            }
        }
        out.push(b"\n");
    }

    /// Appends bytes to the word.
    #[inline]
    fn write(&mut self, bytes: &[u8], out: &mut Out) {
        if self.picked {
            out.push(bytes);
        }
        if let Some(undecided) = &mut self.undecided {
            undecided.bytes += bytes.len();
            if undecided.bytes > UNDECIDED {
                self.end_word(out);
            }
        }
    }
}

/// Whether a letter behind an apostrophe begins a word: a vowel, or h.
fn elides(c: char) -> bool {
    let mut base = None;
    decompose_canonical(c, |c| {
        base.get_or_insert(c);
    });
    matches!(
        base.map(|c| c.to_ascii_lowercase()),
        Some('a' | 'e' | 'i' | 'o' | 'u' | 'h' | 'æ' | 'Æ' | 'œ' | 'Œ')
    )
}

/// The last character of a word.
fn of(class: Class) -> Before {
    match class {
        Class::Letter => Before::Letter,
        Class::Hebrew => Before::Hebrew,
        Class::Digit => Before::Digit,
        Class::Katakana => Before::Katakana,
        Class::Connector => Before::Connector,
        Class::Unspaced(_) => Before::Rest,
        _ => Before::Single,
    }
}
