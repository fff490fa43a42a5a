//! Commands that run other commands, or are many processes themselves.
//!
//! - [`memo`]: the stored output of a command, made if there is none.
//! - [`converse`]: two commands, the output of each the input of the other.
//! - [`sieve`]: ascending numbers in, the primes among them out, a process for each.
//!
//! Shared by them: [`child`] (how a command starts and ends), [`signals`], and
//! [`streams`] (standard streams that were closed at the start).

pub mod child;
pub mod converse;
pub mod memo;
pub mod sieve;
pub mod signals;
pub mod streams;
