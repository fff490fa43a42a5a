//! Text, words, lines and counts.
//!
//! The filters, in the order in which data flows:
//!
//! - [`capwords`], [`words`]: text in, words out, one a line. Both pick words
//!   (`pick`) by bit masks ([`scan`]), find words as readers see them (`natural`), or write the
//!   matches of a regular expression ([`mod@matches`]); `breaks` separates the words of lines,
//!   paragraphs and sentences.
//! - [`lower`]: text in, the same text in lower case out.
//! - [`stem`]: words in, the stem of each out.
//! - [`count`]: lines in, `COUNT LINE` out ([`tally`]).
//! - [`ngrams`]: lines in, each N that follow one another out, as one line.
//! - [`topn`]: `COUNT LINE` in, the records with the largest counts out.
//! - [`bars`]: `COUNT LINE` in, a bar chart out. These two also read texts of several [`pages`].
//! - [`field`]: logs, CSV and JSON lines in, fields of them out, one record a line.
//! - [`lengths`]: lines in, the length of each out.
//! - [`mean`]: numbers in, their mean out (`exact`); also percentiles (by [`count`]),
//!   and partial results, which add up.
//!
//! All of them use one version of [`unicode`].

pub mod bars;
pub mod capwords;
pub mod count;
pub mod field;
pub mod lengths;
pub mod lower;
pub mod mean;
pub mod natural;
pub mod ngrams;
pub mod pages;
pub mod stem;
pub mod topn;
pub mod unicode;
pub mod words;

// For the programs, and for benches/kernels.rs.
#[doc(hidden)]
pub mod matches;
#[doc(hidden)]
pub mod scan;
#[doc(hidden)]
pub mod tally;

pub(crate) mod breaks;
pub(crate) mod exact;
pub(crate) mod pick;
