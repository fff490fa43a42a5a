//! The tokenizer: a page's bytes in, events out.
//!
//! It is the state machine of the HTML standard, section 13.2.5, under the
//! standard's names as far as they help. Three things make it fast. A state takes
//! as many bytes as it can at once. A whole tag with values in quotes is read
//! without a change of state. And a sink says whether it wants text, and which
//! attributes it wants; the rest is not copied.
//!
//! A state keeps a name and a few bytes of what was read, so a page may be cut
//! into blocks anywhere.
//!
//! The content of a doctype is skipped. Errors of the markup are corrected as
//! the standard says, and not reported.
//!
//! Chapters: `state` (the states, and how each block passes through them), `near` (searches
//! for a byte), `sink` (the events), `text` (text and
//! character references), `tag`, `raw` (elements whose text ends at their end tag), `markup`
//! (comments, doctypes, CDATA).

mod markup;
mod near;
mod raw;
mod sink;
mod state;
mod tag;
mod text;

pub use sink::{Content, Sink};
#[cfg(test)]
pub(super) use state::State;
pub use state::Tokenizer;
