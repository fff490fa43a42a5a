//! The frontier: every URL that was met, what is known of it, and who links to
//! it. It owns all of that and fetches nothing: links and answers go in, URLs
//! to check and findings come out. It is the same sequential code for one
//! worker as for a hundred, and in whatever order the answers come, the findings
//! are the same.
//!
//! - A URL is to be checked when it is met first, and never again.
//! - A link to a URL whose answer is not there yet waits with that URL. So all
//!   links to a broken one are found, those met later too; and a fragment is
//!   looked for when the page is there, without a second request.
//! - A redirect is a step from one URL to another. Its target is a URL like any
//!   other, checked once, whoever else links or leads to it.
//! - A page may be met on a long way first and on a short one later, or by an
//!   image first and by an anchor later. When that takes it within the levels
//!   to be entered, its links are followed then: they were kept.
//!
//! - A style sheet that an entered page uses is on the level of an image, and so
//!   is what it uses itself.
//!
//! Costs: some 400 bytes for a URL and 8 for an anchor of a page, 40 for a link
//! as long as its answer is awaited; on a walk of limited depth also the links
//! of each page.
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
