//! `field`: fields of logs, CSV and JSON lines. See [`textmill::text::field`].

use clap::Parser;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;
use textmill::cli;
use textmill::common::show::number_of;
use textmill::text::field::{Fields, Layout, Style};

textmill::process_wide!();

/// Print fields of logs, CSV and JSON lines, one record on each line.
///
/// LIST is what to print, in this order: `7`, `1,7`, `3-` (from the third on), `-1` (the last),
/// and names where the format has them. A record is a line, in CSV also one with line ends in
/// quotes. By default fields are between runs of blanks.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  field --log path access.log | count | topn\n\n\
        Order of output: that of the records; one line for each record, empty if the field is not there.\n\
        Cost: one pass; memory for the longest record."
)]
// -q is --quoted.
#[command(mut_arg("quiet", |quiet| quiet.short(None)))]
#[command(group = clap::ArgGroup::new("format").args(["quoted", "log", "csv", "tsv", "w3c", "json"]))]
pub struct Args {
    /// The fields: 7 1,7 3- -1, or names
    ///
    /// A field may be repeated. In a format with names, `#3` or a plain number is a column, and
    /// quotes within the item (`"a,b"`) make any text a name.
    #[arg(value_name = "LIST", allow_negative_numbers = true)]
    list: OsString,

    /// Each byte C separates two fields
    ///
    /// A line without C is one field. With --csv: instead of the comma.
    #[arg(
        short,
        long,
        value_name = "C",
        allow_hyphen_values = true,
        conflicts_with_all = ["quoted", "log", "tsv", "w3c", "json"]
    )]
    delimiter: Option<OsString>,

    /// Blanks separate, except in quotes and brackets
    ///
    /// A field in quotes ends at a quote that a blank follows and no backslash precedes.
    #[arg(short, long)]
    quoted: bool,

    /// Fields of a web server's log, by name
    ///
    /// Of common and combined logs: host ident user time date hour minute request method
    /// target path query protocol status bytes referer agent.
    #[arg(long)]
    log: bool,

    /// Columns of CSV, by the names in the first record
    #[arg(long)]
    csv: bool,

    /// The same with TABs and without quotes
    #[arg(long)]
    tsv: bool,

    /// With --csv and --tsv: the first record is not a header
    #[arg(long, hide_short_help = true, conflicts_with_all = ["quoted", "log", "w3c", "json"])]
    no_header: bool,

    /// Fields by the names in `#Fields:` lines (IIS, CloudFront)
    #[arg(long, hide_short_help = true)]
    w3c: bool,

    /// Values of JSON lines: `a.b[0].c` or `/a/b/0/c`
    #[arg(long)]
    json: bool,

    /// Leave out records that lack a field
    #[arg(short, long)]
    skip_missing: bool,

    /// Separate the fields of a record by STR, not a TAB
    #[arg(
        short = 'o',
        long = "separator",
        value_name = "STR",
        allow_hyphen_values = true
    )]
    separator: Option<OsString>,

    /// End records with NUL, not with a newline
    ///
    /// Values are written as they are. Without it, a line end in a value becomes a space, and
    /// so does a TAB if there are several fields.
    #[arg(short, long)]
    zero_terminated: bool,

    #[command(flatten)]
    terminal: cli::TerminalOptions,

    #[command(flatten)]
    text: cli::LineFiles,
}

impl Args {
    /// The format of the input. The error is one line.
    fn layout(&self) -> Result<Layout, String> {
        let (delimiter, header) = (self.delimiter()?, !self.no_header);
        if self.no_header && !self.csv && !self.tsv {
            return Err("--no-header needs --csv or --tsv".to_string());
        }
        Ok(match delimiter {
            _ if self.csv => {
                let delimiter = delimiter.unwrap_or(b',');
                Layout::Csv { delimiter, header }
            }
            Some(byte) => Layout::Delimiter(byte),
            None if self.tsv => Layout::Tsv { header },
            None if self.w3c => Layout::W3c,
            None if self.json => Layout::Json,
            None if self.quoted => Layout::Quoted,
            None if self.log => Layout::Log,
            None => Layout::Blanks,
        })
    }

    /// The byte of `-d`.
    fn delimiter(&self) -> Result<Option<u8>, String> {
        let Some(delimiter) = &self.delimiter else {
            return Ok(None);
        };
        match delimiter.as_bytes() {
            [b'"'] if self.csv => {
                Err("--delimiter: a quote cannot separate fields of CSV".to_string())
            }
            [byte] if *byte != b'\n' => Ok(Some(*byte)),
            _ => Err(format!(
                "--delimiter: invalid delimiter '{}' (use a single byte)",
                delimiter.display()
            )),
        }
    }

    fn style(&self) -> Style {
        let separator = self.separator.as_ref();
        Style {
            separator: separator.map(|separator| separator.as_bytes().to_vec()),
            nul: self.zero_terminated,
            skip: self.skip_missing,
        }
    }
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let fields = args.layout().and_then(|layout| {
            // A list such as `-1,3` comes with a blank before it.
            let list = args.list.as_bytes();
            let list = list.strip_prefix(b" ").unwrap_or(list);
            let fields = Fields::new(list, layout, args.style());
            fields.map_err(|wrong| wrong.to_string())
        });
        let mut fields = match fields {
            Ok(fields) => fields,
            Err(cause) => return program.wrong_usage(cause),
        };
        let program = program
            .raw(args.terminal.raw)
            .ending_lines_with(if args.zero_terminated { 0 } else { b'\n' });
        let status = program.each_file(&args.text.files, |input, output| {
            let input = &mut args.text.input(input);
            fields.read(input, output).map(|()| true)
        });
        // Each file that has some reports its own.
        let (files, lines) = fields.invalid();
        if files > 1 {
            program.report("total", number_of(lines, "invalid line"));
        }
        status
    })
}
