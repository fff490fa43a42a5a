//! TLS: its configuration (`config`), and a stream on top of another stream (`stream`).

pub(crate) mod config;
pub(crate) mod stream;
