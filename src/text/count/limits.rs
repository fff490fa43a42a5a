//! What a count may take from the machine, and what it took.

use super::sizes::Sizes;
use crate::common::decompress::Allowance;
use crate::common::memory::Size;
use std::env;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The largest number of threads.
pub const THREADS: usize = 256;

/// What a count may take from the machine.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// The number of threads. The default is one for each processor, up to four: with more,
    /// most of them wait for the input. If the input is compressed it is one less, since
    /// another thread decodes.
    pub threads: Option<NonZeroUsize>,
    /// The memory of all threads together, approximately. The default is half of the memory
    /// that is available to the process. A line that is longer than a fifth of the limit
    /// raises it to five times the line.
    pub memory: Option<Size>,
    /// The memory that the decoders of the inputs take, which is a part of the limit.
    pub decoders: Allowance,
    /// The directories for temporary files, used in turn. If there are none: `$TMPDIR`, or
    /// `/tmp`.
    pub directories: Vec<PathBuf>,
    /// The sizes of tables, blocks and batches. The default is right for real inputs.
    pub sizes: Sizes,
}

impl Limits {
    /// The memory that a count takes by default.
    const MEMORY: Size = Size::Percent(50);

    /// The default limits, but for the memory, which is also that of the decoders of the inputs.
    pub fn within(memory: Option<Size>) -> Limits {
        Limits {
            memory,
            decoders: Allowance::within(memory.unwrap_or(Limits::MEMORY)),
            ..Limits::default()
        }
    }

    /// The same limits with half of the memory, for each of two counts at a time.
    pub fn half(self) -> Limits {
        let memory = match self.memory() {
            Size::Bytes(bytes) => Size::Bytes(bytes / 2),
            Size::Percent(percent) => Size::Percent(percent / 2),
        };
        Limits {
            memory: Some(memory),
            ..self
        }
    }

    /// The memory of all threads together.
    pub(super) fn memory(&self) -> Size {
        self.memory.unwrap_or(Limits::MEMORY)
    }

    /// The directories for temporary files.
    pub(super) fn directories(&self) -> Vec<Arc<Path>> {
        match self.directories.is_empty() {
            true => vec![env::temp_dir().into()],
            false => self
                .directories
                .iter()
                .map(|path| path.as_path().into())
                .collect(),
        }
    }
}

/// What a count took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The number of lines that were read.
    pub lines: u64,
    /// The number of distinct lines that were written.
    pub distinct: u64,
    /// The number of runs: how often a thread wrote a part of its lines to a temporary file,
    /// or merged such runs.
    pub runs: u64,
    /// The size of these runs in bytes.
    pub spilled: u64,
    /// The longest line and the memory limit, both in bytes, if the line is larger and lines
    /// were spilled.
    pub oversize: Option<(u64, u64)>,
}
