//! The operands and options that several programs have in common.

use super::input::{Input, open, standard};
use super::progress::{self, Inputs, Source};
use super::{Program, stdout_is_pipe};
use crate::common::crlf::WithoutCr;
use crate::common::deadline::Deadline;
use crate::common::decompress::{Allowance, Decompress, in_threads};
use crate::common::error;
use crate::common::memory::Size;
use crate::common::show::shown;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, IsTerminal, Read, Seek};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// The FILE operands of a program that reads them as they are.
///
/// They are no paths to clap, which refuses an empty one: it is a file that
/// cannot be read, like any other.
#[derive(clap::Args, Clone, Debug)]
pub struct PlainFiles {
    /// Files to read; none, or `-`, is standard input
    ///
    /// They are read one after the other.
    #[arg(value_name = "FILE")]
    files: Vec<OsString>,
}

impl PlainFiles {
    pub(super) fn names(&self) -> Vec<&OsStr> {
        match self.files.as_slice() {
            [] => vec![OsStr::new("-")],
            files => files.iter().map(OsString::as_os_str).collect(),
        }
    }
}

/// The FILE operands of a program that reads text.
#[derive(clap::Args, Clone, Debug)]
pub struct Files {
    /// Read compressed files as they are
    ///
    /// By default gzip, zstd, bzip2, xz and lz4 are recognized by their content and
    /// decompressed.
    #[arg(long, hide_short_help = true)]
    no_decompress: bool,

    /// Show no progress
    #[arg(short, long, hide_short_help = true, overrides_with = "progress")]
    quiet: bool,

    /// Show progress also when stdout is a pipe
    ///
    /// By default a line on standard error shows the progress of reading files if standard error
    /// is a terminal, and standard output is neither a terminal nor a pipe, whose reader may
    /// write to the terminal. A program that writes nothing before the end of its input shows
    /// it in a pipe, too.
    #[arg(long, hide_short_help = true, overrides_with = "quiet")]
    progress: bool,

    #[command(flatten)]
    plain: PlainFiles,

    /// What may have been intended if the first file does not exist.
    #[arg(skip)]
    hint: Option<&'static str>,
}

impl Files {
    /// Puts a file before all others. If it does not exist, the error line has the hint.
    pub fn insert_first(&mut self, file: OsString, hint: Option<&'static str>) {
        self.plain.files.insert(0, file);
        self.hint = hint;
    }

    /// Adds the hint to the error of a file, if there is one for it.
    fn with_hint(&self, name: &OsStr, error: io::Error) -> io::Error {
        let is_first = self.plain.files.first().is_some_and(|first| first == name);
        match self.hint {
            Some(hint) if is_first && error.kind() == io::ErrorKind::NotFound => {
                io::Error::other(format!("{} ({hint})", error::cause(&error)))
            }
            _ => error,
        }
    }

    /// Opens one of them for its text: a compressed file is decompressed.
    pub(super) fn open(&self, name: &OsStr, allowance: &Allowance) -> io::Result<Input> {
        let file = open(name).map_err(|error| self.with_hint(name, error))?;
        self.text(Source::new(file, &Deadline::default()), allowance)
    }

    /// Shows the progress of reading them, in the name of a program. One that adds up writes
    /// nothing before the end of its input.
    pub(super) fn show_progress(&self, program: &str, adds_up: bool) {
        if self.quiet || !io::stderr().is_terminal() || io::stdout().is_terminal() {
            return;
        }
        if stdout_is_pipe() && !adds_up && !self.progress {
            return;
        }
        let mut names = self.names();
        let all = names.len();
        names.retain(|name| *name != "-");
        let stdin = match names.len() < all {
            true => self.stdin_size(),
            false => Some(0),
        };
        // Behind a pipe alone there is no file.
        if !names.is_empty() || stdin.is_some() {
            let names = names.into_iter().map(OsStr::to_os_string).collect();
            progress::begin(program, Inputs { names, stdin });
        }
    }

    /// The same without threads.
    pub(super) fn open_in_turn(&self, name: &OsStr, allowance: &Allowance) -> io::Result<Input> {
        self.open_until(name, allowance, &Deadline::default())
    }

    /// The same; a read waits until the deadline at most.
    fn open_until(
        &self,
        name: &OsStr,
        allowance: &Allowance,
        deadline: &Deadline,
    ) -> io::Result<Input> {
        let file = open(name).map_err(|error| self.with_hint(name, error))?;
        let source = Source::new(file, deadline);
        Ok(self.text_in_turn(source, allowance))
    }

    /// The text of a file.
    fn text(&self, file: Source, allowance: &Allowance) -> io::Result<Input> {
        match self.no_decompress {
            true => Ok(Box::new(file)),
            false => in_threads(file, allowance),
        }
    }

    /// The text of a file, decoded without threads.
    fn text_in_turn(&self, file: impl Read + Send + 'static, allowance: &Allowance) -> Input {
        match self.no_decompress {
            true => Box::new(file),
            false => Box::new(Decompress::new(file, allowance.clone())),
        }
    }

    /// All of them, each opened when the iterator reaches it, with the name that an
    /// error line gives it. They may be read side by side: standard input has
    /// its lines where it is named first, and none where it is named again. A read waits until the
    /// deadline at most.
    pub fn open_all(
        &self,
        allowance: &Allowance,
        deadline: &Deadline,
    ) -> impl Iterator<Item = (String, io::Result<Input>)> + Send + use<> {
        let (files, allowance, deadline) = (self.clone(), allowance.clone(), deadline.clone());
        let names: Vec<_> = self.names().into_iter().map(OsStr::to_owned).collect();
        let mut stdin_is_open = false;
        names.into_iter().map(move |name| {
            let again = name == "-" && std::mem::replace(&mut stdin_is_open, true);
            let input = match again {
                true => Ok(Box::new(io::empty()) as Input),
                false => files.open_until(&name, &allowance, &deadline),
            };
            (shown(&name), input)
        })
    }

    /// Where standard input begins, in bytes, if it is a regular file and is to be read.
    pub fn stdin_begins(&self) -> Option<u64> {
        let is_named = self.names().contains(&OsStr::new("-"));
        let mut file = is_named.then(|| standard(0, io::stdin()).ok())??;
        file.metadata().ok().filter(Metadata::is_file)?;
        file.stream_position().ok()
    }

    /// The bytes of standard input from where it begins, if it is a regular file and is to be
    /// read.
    fn stdin_size(&self) -> Option<u64> {
        let begins = self.stdin_begins()?;
        let file = standard(0, io::stdin()).ok()?;
        Some(file.metadata().ok()?.len().saturating_sub(begins))
    }

    /// All of them once more, each with its name, standard input from where it began;
    /// `None` if one cannot be read again, as a pipe. It is not opened then: to open a
    /// FIFO would be to wait for its writer.
    pub fn again(&self, stdin_begins: Option<u64>) -> Option<Vec<(String, Input)>> {
        let again = |name: &OsStr| {
            let (file, at) = match name == "-" {
                true => (standard(0, io::stdin()).ok()?, stdin_begins?),
                false => {
                    fs::metadata(name).ok().filter(Metadata::is_file)?;
                    (File::open(name).ok()?, 0)
                }
            };
            let text = self.text_in_turn(Again { file, at }, &Allowance::default());
            Some((shown(name), text))
        };
        // Standard input named twice has its lines once.
        let mut names = self.names();
        let mut seen = false;
        names.retain(|name| *name != "-" || !std::mem::replace(&mut seen, true));
        names.into_iter().map(again).collect()
    }

    pub(super) fn names(&self) -> Vec<&OsStr> {
        self.plain.names()
    }
}

/// A file that is read once more. Its offset, which other processes may share, stays.
#[derive(Debug)]
struct Again {
    file: File,
    at: u64,
}

impl Read for Again {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(buffer, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

/// The options of the programs that write lines of their input.
#[derive(clap::Args, Debug)]
pub struct TerminalOptions {
    /// Do not escape control characters on a terminal
    ///
    /// By default control characters other than TABs and line ends, bidirectional controls and
    /// invalid bytes are escaped if standard output is a terminal, as in \u{1b} and \xff.
    #[arg(long, hide_short_help = true)]
    pub raw: bool,
}

/// The options of the programs that read lines and write lines of the same kind.
#[derive(clap::Args, Debug)]
pub struct LineOptions {
    /// End lines with NUL, not with a newline
    ///
    /// In the input and in the output.
    #[arg(short, long)]
    zero_terminated: bool,

    /// The output on a terminal.
    #[command(flatten)]
    pub terminal: TerminalOptions,

    /// The lines that are read.
    #[command(flatten)]
    pub text: LineFiles,
}

impl LineOptions {
    /// The program, whose output has such lines.
    pub fn on(&self, program: &Program) -> Program {
        program
            .raw(self.terminal.raw)
            .ending_lines_with(self.terminator())
    }

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

    /// The lines that are read.
    #[command(flatten)]
    pub text: LineFiles,
}

impl InputLineOptions {
    /// The byte that ends a line of the input.
    pub fn terminator(&self) -> u8 {
        if self.zero_terminated { 0 } else { b'\n' }
    }
}

/// The FILE operands of a program that reads lines, and how their lines end.
#[derive(clap::Args, Clone, Debug)]
pub struct LineFiles {
    /// Drop a CR at the end of each line of input
    #[arg(long, hide_short_help = true, conflicts_with = "zero_terminated")]
    crlf: bool,

    /// The FILE operands.
    #[command(flatten)]
    pub files: Files,
}

impl LineFiles {
    /// An input without the CRs that `--crlf` drops.
    pub fn input<'a>(&self, input: impl Read + Send + 'a) -> Box<dyn Read + Send + 'a> {
        match self.crlf {
            true => Box::new(WithoutCr::new(input)),
            false => Box::new(input),
        }
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
    pub memory: Option<Size>,

    /// Folder for temporary files [default: $TMPDIR]
    ///
    /// Data that does not fit in memory goes there. Several folders take turns. Without
    /// $TMPDIR it is /tmp.
    #[arg(short = 'T', long = "temporary-directory", value_name = "DIR")]
    directories: Vec<OsString>,
}

impl MemoryOptions {
    /// The folders for temporary files.
    pub fn directories(&self) -> Vec<PathBuf> {
        self.directories.iter().map(PathBuf::from).collect()
    }
}
