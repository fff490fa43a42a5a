//! The frontier: every known URL, its state, and the links that wait for it. It fetches
//! nothing: links and answers go in, URLs to check and findings come out. The code is
//! sequential, whatever the number of workers, and the findings do not depend on the
//! order of the answers.
//!
//! - A URL is checked once, when the first link to it is found.
//! - A link to a URL without an answer waits with that URL. So all links to a broken one
//!   are found, and a fragment is searched for when the page has been read, without a
//!   second request.
//! - A redirect is a step from one URL to another. Its target is a URL like any other,
//!   and checked once.
//! - A page may be found far from the start first and nearer later, or by an image first
//!   and by an anchor later. If it is then within the levels that are entered, its links
//!   are followed: they were kept.
//!
//! - A style sheet that an entered page uses is on the level of an image, and so are the
//!   URLs in it.
//!
//! Cost: some 400 bytes for a URL, 8 for an anchor of a page, 40 for a link that waits;
//! with a limit of levels also the links of each page.
//!
//! The chapters:
//!
//! - `rules`, `entry`: what to find; what is known of a URL.
//! - `state`: all known URLs. `starts`: the first of them.
//! - `links`, `levels`: links in, URLs to check out.
//! - `answers`, `verdict`: answers in, findings out.

mod answers;
mod entry;
mod levels;
mod links;
mod rules;
mod starts;
mod state;
mod verdict;

pub(super) use entry::{Answer, Id};
pub use rules::Tally;
pub(super) use rules::{ALL_LEVELS, Rules};
pub(super) use state::Frontier;

#[cfg(test)]
mod tests;
