//! What the programs that find words in a text have in common.

use super::Program;
use super::options::{Files, TerminalOptions};
use crate::common::decompress::{Allowance, Decompress};
use crate::common::error::Error;
use crate::common::show::shown;
use crate::common::stream::{self, Filter};
use crate::text::breaks::{Breaks, Broken};
use crate::text::matches;
use crate::text::natural::{self, Natural, Own};
use crate::text::pick::{Pick, Which};
use clap::ValueEnum;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::process::ExitCode;

/// The options of the programs that find words in a text.
#[derive(clap::Args, Debug)]
pub struct WordOptions {
    /// Letters are A to Z and a to z only
    ///
    /// The text is bytes, not Unicode: any byte above ASCII is a separator.
    #[arg(long)]
    ascii: bool,

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
    patterns: Vec<String>,

    /// Print words as readers see them
    ///
    /// Words end as Unicode Standard Annex 29 says: don't and 3.14 are words, and _
    /// alone is none. Thai, Lao, Khmer, Burmese, Chinese and Japanese are split by
    /// dictionaries. A typographic apostrophe in a word is written ', and a soft
    /// hyphen is left out.
    #[arg(long, conflicts_with_all = ["ascii", "patterns"])]
    natural: bool,

    /// With --natural: a hyphen joins letters
    ///
    /// e-mail is one word.
    #[arg(long, requires = "natural")]
    hyphens: bool,

    /// With --natural: an apostrophe before a vowel or h ends a word
    ///
    /// l'eau is l and eau, as in French and Italian.
    #[arg(long, requires = "natural")]
    elision: bool,

    /// With --natural: words that come before those of the dictionaries
    ///
    /// FILE has one a line. Each consists of characters of one script without blanks
    /// between words, such as Thai, or Han with Hiragana.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "FILE",
        requires = "natural"
    )]
    dictionary: Option<OsString>,

    /// Print an empty line where a part of the text ends
    ///
    /// A paragraph ends at a blank line, a sentence at the end of its line at the
    /// latest. A part without words prints none. Without PART: paragraph.
    #[arg(
        long,
        value_name = "PART",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "paragraph"
    )]
    breaks: Option<Part>,

    #[command(flatten)]
    terminal: TerminalOptions,

    /// The FILE operands.
    #[command(flatten)]
    files: Files,
}

/// A part of a text.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Part {
    Line,
    Paragraph,
    Sentence,
}

impl WordOptions {
    /// Runs the files through the filter that the options choose. With `capitalised`, words begin
    /// with an upper-case character.
    pub fn run(&self, program: &Program, capitalised: bool) -> ExitCode {
        if self.natural {
            return match self.natural(capitalised) {
                Ok(filter) => self.filter(program, filter),
                Err(error) => ExitCode::from(program.end(Err(error))),
            };
        }
        let which = match capitalised {
            true => Which::Capitalised,
            false => Which::All,
        };
        let words = Pick::new(which, self.ascii);
        match matches::or_matches(words, &self.patterns, self.ascii) {
            Ok(filter) => self.filter(program, filter),
            Err(cause) => program.wrong_usage(cause),
        }
    }

    /// Words as readers see them.
    fn natural(&self, capitalised: bool) -> Result<Box<dyn Filter>, Error> {
        let own = match &self.dictionary {
            Some(name) => own_words(name).map_err(|error| error.of(shown(name)))?,
            None => Own::default(),
        };
        Ok(Box::new(Natural::new(natural::Options {
            hyphens: self.hyphens,
            elision: self.elision,
            capitalised,
            own,
        })))
    }

    fn filter(&self, program: &Program, mut filter: Box<dyn Filter>) -> ExitCode {
        let program = program.raw(self.terminal.raw);
        let breaks = match self.breaks {
            None => return program.filter(&self.files, &mut *filter),
            Some(Part::Line) => Breaks::Line,
            Some(Part::Paragraph) => Breaks::Paragraph,
            Some(Part::Sentence) => Breaks::Sentence,
        };
        program.filter(&self.files, &mut Broken::new(filter, breaks))
    }
}

/// The longest line of a file of words, in bytes.
const LONGEST: usize = 4096;

/// Reads a file of words, one a line. Blanks around a word and a byte order mark are not part of it.
fn own_words(name: &OsStr) -> Result<Own, Error> {
    let mut own = Own::default();
    let mut number = 0;
    let file = File::open(name).map_err(Error::Read)?;
    let mut text = Decompress::new(file, Allowance::default());
    stream::short_lines(&mut text, b'\n', LONGEST, |line| {
        number += 1;
        let mark = if number == 1 {
            "\u{FEFF}".as_bytes()
        } else {
            b""
        };
        let line = line.strip_prefix(mark).unwrap_or(line).trim_ascii();
        let word = str::from_utf8(line).map_err(|_| "not UTF-8");
        let added = word.and_then(|word| own.add(word));
        added.map_err(|cause| Error::bad_line(number, cause, line))
    })?;
    Ok(own)
}
