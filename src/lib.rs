//! textmill
#![warn(missing_docs)]
pub mod cli;
pub mod error;
pub mod stream;
mod sys;
