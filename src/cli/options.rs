//! The operands and options that several programs have in common.

use super::{open, shown};
use crate::count::Means;
use crate::memory::Size;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Seek};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// The FILE operands of a program.
///
/// They are no paths to clap, which refuses an empty one: it is a file that
/// cannot be read, like any other.
#[derive(clap::Args, Debug)]
pub struct Files {
    /// Files to read; none, or `-`, is standard input
    ///
    /// They are read one after the other.
    #[arg(value_name = "FILE")]
    files: Vec<OsString>,
}

impl Files {
    /// Puts a file before all others.
    pub fn insert_first(&mut self, file: OsString) {
        self.files.insert(0, file);
    }

    /// All of them, each opened when it is asked for, with the name that an
    /// error line gives it. They may be read side by side: standard input has
    /// its lines where it is named first, and none where it is named again.
    pub fn open(&self) -> impl Iterator<Item = (String, io::Result<File>)> {
        let mut stdin_is_open = false;
        self.names().into_iter().map(move |name| {
            let again = name == "-" && std::mem::replace(&mut stdin_is_open, true);
            let input = if again {
                File::open("/dev/null")
            } else {
                open(name)
            };
            (shown(name), input)
        })
    }

    /// All of them once more from their beginnings, each with its name; `None`
    /// if one cannot be read again, as a pipe.
    pub fn again(&self) -> Option<Vec<(String, File)>> {
        let again = |name: &OsStr| {
            let mut file = open(name)
                .ok()
                .filter(|file| file.metadata().is_ok_and(|file| file.is_file()))?;
            file.rewind().ok()?;
            Some((shown(name), file))
        };
        // Standard input named twice has its lines once.
        let mut names = self.names();
        let mut seen = false;
        names.retain(|name| *name != "-" || !std::mem::replace(&mut seen, true));
        names.into_iter().map(again).collect()
    }

    pub(super) fn names(&self) -> Vec<&OsStr> {
        match self.files.as_slice() {
            [] => vec![OsStr::new("-")],
            files => files.iter().map(OsString::as_os_str).collect(),
        }
    }
}

/// The options of the programs that find words in a text.
#[derive(clap::Args, Debug)]
pub struct WordOptions {
    /// Letters are A to Z and a to z only
    ///
    /// The text is bytes, not Unicode: any byte above ASCII is a separator.
    #[arg(long)]
    pub(super) ascii: bool,

    /// Print the matches of a regular expression
    ///
    /// Print every match instead of every word, line by line. The syntax is that
    /// of Rust's regex crate.
    #[arg(
        short = 'e',
        long = "regexp",
        value_name = "PATTERN",
        allow_hyphen_values = true
    )]
    pub(super) patterns: Vec<String>,

    #[command(flatten)]
    pub(super) files: Files,
}

/// The options of the programs that read lines and write lines of the same kind.
#[derive(clap::Args, Debug)]
pub struct LineOptions {
    /// End lines with NUL, not with a newline
    ///
    /// In the input and in the output.
    #[arg(short, long)]
    zero_terminated: bool,

    /// The FILE operands.
    #[command(flatten)]
    pub files: Files,
}

impl LineOptions {
    /// The byte that ends a line.
    pub fn terminator(&self) -> u8 {
        if self.zero_terminated { 0 } else { b'\n' }
    }
}

/// The options of the programs that read lines and write numbers of them.
#[derive(clap::Args, Debug)]
pub struct InputLineOptions {
    /// Input lines end with NUL, not with a newline
    ///
    /// The lines of the output end with a newline.
    #[arg(short, long)]
    zero_terminated: bool,

    /// The FILE operands.
    #[command(flatten)]
    pub files: Files,
}

impl InputLineOptions {
    /// The byte that ends a line of the input.
    pub fn terminator(&self) -> u8 {
        if self.zero_terminated { 0 } else { b'\n' }
    }
}

/// The options of the programs that sort what they read.
#[derive(clap::Args, Debug)]
pub struct MemoryOptions {
    /// Memory before temporary files [default: 50%]
    ///
    /// A number with K (the default), M, G, T, or b for bytes, or % of the memory that
    /// is available.
    #[arg(short = 'S', long = "buffer-size", value_name = "SIZE")]
    memory: Option<Size>,

    /// Folder for temporary files [default: $TMPDIR]
    ///
    /// What does not fit in memory goes there. Several folders take turns. Without
    /// $TMPDIR it is /tmp.
    #[arg(short = 'T', long = "temporary-directory", value_name = "DIR")]
    directories: Vec<OsString>,
}

impl MemoryOptions {
    /// What a count may use of the machine, with so many threads.
    pub fn means(self, threads: Option<NonZeroUsize>) -> Means {
        Means {
            threads,
            memory: self.memory,
            directories: self.directories.into_iter().map(PathBuf::from).collect(),
        }
    }
}
