//! `sieve`: the primes among ascending numbers, a process for each.
//!
//! The sieve of Hoare's "Communicating Sequential Processes" (1978), made of
//! Unix processes and pipes. Each process has a prime: it prints that, and passes
//! on the numbers that its prime does not divide. The first of them is the prime
//! of the next process.
//!
//! ```text
//! text -> head -> 2 -> 3 -> 5 -> 7 -> parent
//!                 |    |    |    |
//!                 '----'----'----'---> standard output
//! ```
//!
//! The process that the user starts is the head. The parent reads from the last
//! pipe. When a number arrives there, it forks a process for it, which reads from
//! that pipe in its place and writes to a new one, which the parent reads from now.
//!
//! Chapters: `head` (a text in, the numbers that may be primes out), `link`
//! (numbers in, those that a prime does not divide out), `chain` (the parent:
//! numbers in, processes out), `stage` (what these share), `end` (errors and statuses).
//!
//! A number that passes all processes is a prime if all smaller primes are in the
//! chain, or all up to its square root. So the head drops the multiples of primes
//! that the input lacks: the answer is right whatever is left out.
//!
//! - Order: a process prints before it passes anything on, so a larger prime is
//!   printed later.
//! - The end: a process whose input ends closes its pipe, and exits. The parent
//!   waits for all processes, and the head for the parent: no process outlives it.
//! - A failure: each process polls its pipe for the loss of the reader as well as
//!   its input. The parent polls standard output in the same way. So the loss of
//!   any reader or any process ends the whole chain without a further number.
//! - Cost: a process for each prime. A number costs one division in each
//!   process that it reaches, and in the head, behind a gap in the input, up to
//!   half its square root.
//!
//! Numbers travel in blocks, of 64 bits each, in the byte order of the machine.
//!
//! All processes are forked by one parent. To `exec` a program for each prime costs
//! eight times as much. If each process forked the next one, the cost would grow
//! with the length of the chain: Linux records, for each page that a fork shares,
//! all ancestors. `docs/design/sieve.md` has the figures.

mod chain;
mod end;
mod head;
mod link;
mod stage;

pub use end::{End, Problem};

use crate::common::error::Error;
use crate::process::{child, signals};
use end::both;
use head::Head;
use stage::pass;
use std::fs::File;
use std::io::{self};

/// Prints the primes among the numbers of a text, one a line, by up to `most`
/// processes. Returns whether all succeeded; a process that did not has reported
/// that by `end`.
///
/// The calling process must have one thread only: it is forked.
pub fn sieve(input: &mut File, output: &File, most: usize, end: End<'_>) -> Result<bool, Error> {
    let (numbers, pipe) = io::pipe().map_err(chain::not_started)?;
    signals::keep_child_statuses();
    // Before there is a buffer: a process that uses few pages is forked fast.
    let Some(parent) = child::fork().map_err(chain::not_started)? else {
        drop(pipe);
        child::exit(end(chain::run(input, numbers, output, most, end)))
    };
    drop(numbers);
    let passed = pass(&mut Head::new(input), pipe);
    both(passed, chain::end(parent))
}
