//! Text, words, lines and counts.
//!
//! The filters, in the order in which data flows:
//!
//! - [`capwords`], [`words`]: text in, words out, one a line. Both pick words
//!   ([`pick`]) by bit masks ([`scan`]), or take what a regular expression
//!   finds ([`mod@matches`]).
//! - [`lower`]: text in, the same in lower case out.
//! - [`count`]: lines in, `COUNT LINE` out ([`tally`]).
//! - [`topn`]: `COUNT LINE` in, the largest out, or the smallest.
//! - [`lengths`]: lines in, the length of each out.
//! - [`mean`]: numbers in, their mean out ([`exact`]); also percentiles (by [`count`]),
//!   and partial results, which add up.
//!
//! All of them follow one version of [`unicode`].

pub mod capwords;
pub mod count;
pub mod exact;
pub mod lengths;
pub mod lower;
pub mod matches;
pub mod mean;
pub mod pick;
pub mod scan;
pub mod tally;
pub mod topn;
pub mod unicode;
pub mod words;
