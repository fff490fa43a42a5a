//! Words as readers see them: `words --natural`.
//!
//! Words end at the boundaries of Unicode Standard Annex 29, and in scripts without blanks where
//! an entry of a dictionary ends. Kept are the words with a letter or a digit. A typographic apostrophe
//! within a word is written `'`, and a soft hyphen is left out, so that words written in different
//! ways are equal.
//!
//! 1. A scan ([`scan::natural`]) works off letters, digits and most punctuation by masks.
//! 2. Where it stops, `rules` decide character by character (`classes`), up to the next byte of
//!    ASCII outside of a word.
//! 3. In scripts without blanks they ask the `dictionary`, and the user's `own` words before it.
//!
//! Memory is constant: at most 4 KiB wait for the characters that decide about them.

mod classes;
mod dictionary;
#[cfg(any(test, fuzzing))]
pub(crate) mod oracle;
mod own;
mod rules;
#[cfg(test)]
mod tests;

pub use own::Own;

use crate::common::error::Error;
use crate::common::stream::{Filter, Out};
use crate::text::scan::{self, Members, ROOM, unicode};
use classes::{Class, Classes};
use dictionary::Dictionaries;
use rules::Rules;

/// The version of the dictionaries.
pub const VERSION: &str = "icu_segmenter 2.4";

/// What counts as a word.
#[derive(Default)]
pub struct Options {
    /// Hyphens between letters join: `e-mail`.
    pub hyphens: bool,
    /// An apostrophe before a vowel or an h ends a word: `l'eau`.
    pub elision: bool,
    /// Only words that begin with an upper-case character are written.
    pub capitalised: bool,
    /// Words of scripts without blanks that come before those of the dictionaries.
    pub own: Own,
}

/// The filter.
///
/// ```
/// # use textmill::common::stream;
/// use textmill::text::natural::{Natural, Options};
///
/// let mut output = Vec::new();
/// let mut words = Natural::new(Options::default());
/// stream::filter(&mut "Don’t pay 3.50 for 日本語!".as_bytes(), &mut words, &mut output)?;
/// assert_eq!(output, "Don't\npay\n3.50\nfor\n日本語\n".as_bytes());
/// # Ok::<_, textmill::common::error::Error>(())
/// ```
pub struct Natural {
    scan: scan::Natural,
    rules: Rules,
    /// The last characters of a script without blanks, which more text decides.
    rest: Vec<u8>,
}

/// A scan is not worth its start for fewer bytes.
const LEAST: usize = 128;

impl Natural {
    /// Finds such words.
    pub fn new(options: Options) -> Natural {
        let Options {
            hyphens,
            elision,
            capitalised,
            own,
        } = options;
        let classes = Classes::get();
        let is = |class| move |c| classes.of(c) == class;
        let is_separator = |c| {
            matches!(
                classes.of(c),
                Class::Other | Class::Pictograph | Class::DoubleQuote
            )
        };
        let upper = capitalised.then(|| &unicode::classes().upper);
        Natural {
            scan: scan::Natural {
                letters: Members::of_16_bits(is(Class::Letter)),
                separators: Members::of_16_bits(is_separator),
                upper,
                hyphens,
                elision,
            },
            rules: Rules::new(Dictionaries::new(own), hyphens, elision, upper),
            rest: Vec::new(),
        }
    }

    /// Works off a text, as far as it decides. Returns the number of bytes.
    fn work(&mut self, text: &[u8], is_all: bool, out: &mut Out) -> usize {
        self.rules.begin(out);
        let mut at = 0;
        while at < text.len() {
            if self.rules.is_outside() && text.len() - at >= LEAST {
                let room = out.room(text.len() - at + ROOM);
                let progress = scan::natural(&text[at..], &self.scan, room);
                out.advance(progress.used);
                at += progress.consumed;
                self.rules.go_on(progress.last, progress.open);
            }
            let n = self.rules.apply(&text[at..], LEAST, is_all, out);
            if n == 0 {
                break;
            }
            at += n;
        }
        self.rules.suspend(out);
        at
    }
}

impl Filter for Natural {
    fn block(&mut self, text: &[u8], out: &mut Out) -> Result<(), Error> {
        if self.rest.is_empty() {
            let n = self.work(text, false, out);
            self.rest.extend_from_slice(&text[n..]);
        } else {
            let mut rest = std::mem::take(&mut self.rest);
            rest.extend_from_slice(text);
            let n = self.work(&rest, false, out);
            rest.drain(..n);
            self.rest = rest;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Out) -> Result<(), Error> {
        let rest = std::mem::take(&mut self.rest);
        self.work(&rest, true, out);
        self.rules.end(out);
        Ok(())
    }
}
