//! The programs as their users have them: processes, files and pipes.
//!
//! One module a program, and what goes across them:
//!
//! - `compressed`: files as gzip, zstd, bzip2, xz and lz4 write them
//! - `contract`: every program through the same hardships
//! - `pages`: several texts in one stream, and how terminals show them
//! - `progress`: a line on a terminal while files are read
//! - `pipeline`: programs joined by pipes, and the talk's own answer
//! - `scale`: text on many processors and machines
//! - `scripts`: the help and the needs of the scripts
//! - `documents`: README.md and docs/: their commands, their links, a page for each program
//! - `stability`: what docs/stability.md promises
//!
//! `process` runs programs, `server` is a web server that can be made to fail.

mod process;

mod bars;
mod capwords;
mod compressed;
mod contract;
mod converse;
mod count;
mod documents;
mod field;
mod lengths;
mod links;
mod lower;
mod mean;
mod memo;
mod ngrams;
mod pages;
mod pipeline;
mod progress;
mod scale;
mod scripts;
mod sieve;
mod stability;
mod stem;
mod topn;
mod untag;
mod words;

#[cfg(feature = "net")]
mod fetch;
#[cfg(feature = "net")]
mod linkcheck;
#[cfg(feature = "net")]
mod server;
#[cfg(feature = "net")]
mod warc;
