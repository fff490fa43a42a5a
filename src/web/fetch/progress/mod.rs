//! The progress of the transfers, on a terminal.
//!
//! One line on standard error for each URL in flight: its name, cut to the width of the
//! terminal, the received bytes and the total, bytes a second, time left; a narrow terminal
//! shows less. The line is cleared when the transfer ends.
//!
//! Costs: none when off. When on, a thread reads the state of the jobs ten times a second
//! (`watch`); the transfers themselves do nothing.

mod bar;
mod watch;

pub use watch::{Watch, watch};

#[cfg(test)]
mod tests;
