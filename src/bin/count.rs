//! `count`: how often each line occurs. See [`textmill::text::count`].

use clap::Parser;
use std::io::Read;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use textmill::cli;
use textmill::common::deadline::Deadline;
use textmill::common::error::{Error, TOO_LARGE};
use textmill::common::memory;
use textmill::common::show;
use textmill::text::count::{self, Counts, Interval, Keys, Limits, Live, Pace, Report};
use textmill::text::lower;

textmill::process_wide!();

/// Print each distinct line once, after the number of times it occurs.
///
/// The output is that of `LC_ALL=C sort | uniq -c`, without padding: COUNT LINE.
/// Lines are bytes. If a FILE cannot be read, nothing is printed, because part of
/// a count is a wrong count.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  words FILE | lower | count | topn 5\n  \
        count -S 2G -T /var/tmp HUGE >counts\n  \
        count --merge --sorted monday tuesday >both\n  \
        tail -F LOG | field --log path | count --every 1s --window 1m | topn | bars\n\n\
        Order of output: by the bytes of the line (with --unsorted: none).\n\
        Cost: one pass over the input, then a sort of the distinct lines. Memory grows \
        with the distinct lines, not with the input, and only up to the limit of -S, or five times \
        the longest line; beyond it the lines go to temporary files without a name. \
        With --sorted, memory is a block and a line of each FILE. With --every, a page costs a sort \
        of all distinct lines; with --window, or if they do not fit in the tables (some 100,000 to a \
        million lines), a sort of those of the interval and a merge of all lines on the page."
)]
pub struct Args {
    /// Write the lines in any order
    ///
    /// For input with few distinct lines this is slower than sorting.
    #[arg(long, hide_short_help = true)]
    unsorted: bool,

    /// Read COUNT LINE and add the counts up
    ///
    /// The input is in the form that count and uniq -c write. It may come from any
    /// command that writes NUMBER KEY: the numbers are summed by key.
    #[arg(long)]
    merge: bool,

    /// Count together lines that differ only in case
    ///
    /// Lines are compared by full case folding. The most frequent spelling is written; of
    /// several, the first in the order of bytes. Make partial counts without this option,
    /// and merge them with it.
    #[arg(short, long, conflicts_with = "sorted")]
    ignore_case: bool,

    /// With --merge: each FILE is sorted
    ///
    /// Their order is that in which count writes. The sums are written while the files
    /// are read, in constant memory.
    #[arg(long, requires = "merge")]
    sorted: bool,

    /// Print the counts so far after each INTERVAL
    ///
    /// It is a time, as in 2s, or a number of lines, as in 10000. After each interval in
    /// which lines have come or left, a page is printed: what count would print now. A line that is a form
    /// feed alone follows each page but the last, which is printed at the end of the input. Pages
    /// before an error stay.
    #[arg(long, value_name = "INTERVAL", conflicts_with_all = ["sorted", "unsorted", "ignore_case"])]
    every: Option<Interval>,

    /// With --every: count only the last lines
    ///
    /// They are those of the last INTERVAL, which is a multiple of that of --every. The last page has
    /// the interval that has begun, and the ones before it.
    #[arg(
        long,
        value_name = "INTERVAL",
        requires = "every",
        hide_short_help = true
    )]
    window: Option<Interval>,

    /// Separate count and line by a TAB
    #[arg(short, long)]
    tab: bool,

    /// Number of threads
    ///
    /// From 1 to 256. The default is one for each processor, up to 4.
    #[arg(short, long, value_name = "N", value_parser = threads)]
    jobs: Option<NonZeroUsize>,

    #[command(flatten)]
    memory: cli::MemoryOptions,

    /// Report the cost on standard error
    ///
    /// These are the numbers of lines and of temporary files, and the memory.
    #[arg(short, long)]
    verbose: bool,

    #[command(flatten)]
    lines: cli::LineOptions,
}

impl Args {
    fn limits(&self) -> Limits {
        let limits = Limits {
            threads: self.jobs,
            directories: self.memory.directories(),
            ..Limits::within(self.memory.memory)
        };
        match self.ignore_case {
            // For each of two counts.
            true => limits.half(),
            false => limits,
        }
    }

    /// The lines of an input, or their keys, to be counted.
    fn input<'a>(&self, input: impl Read + Send + 'a) -> Box<dyn Read + Send + 'a> {
        let input = self.lines.text.input(input);
        match self.ignore_case {
            true => {
                let fold = Box::new(lower::fold());
                Box::new(Keys::new(input, fold, self.lines.terminator(), self.merge))
            }
            false => input,
        }
    }

    /// When pages are printed, if they are.
    fn pace(&self) -> Result<Option<Pace>, &'static str> {
        let pace = self.every.map(|every| Pace::new(every, self.window));
        pace.transpose()
    }

    /// The error for a sum that is too large, with the number of the record if the files can be
    /// read again.
    fn located(&self, error: Error, stdin_begins: Option<u64>) -> Error {
        let Error::TooLarge { line } = error else {
            return error;
        };
        // Which records the sum has depends on when they were read.
        if self.window.is_some() {
            return Error::TooLarge { line };
        }
        let terminator = self.lines.terminator();
        let (folded, spelling) = match self.ignore_case {
            true => count::parts_of_key(&line, terminator),
            false => (&line[..], &line[..]),
        };
        let is_line = |found: &[u8]| match self.ignore_case {
            true => count::parts_of_key(found, terminator).0 == folded,
            false => found == folded,
        };
        let mut sum = 0;
        for (name, file) in self
            .lines
            .text
            .files
            .again(stdin_begins)
            .unwrap_or_default()
        {
            match count::find_too_large(is_line, &mut sum, &mut self.input(file), terminator) {
                Ok(()) => {}
                Err(
                    found @ Error::Line {
                        cause: TOO_LARGE, ..
                    },
                ) => return found.of(name),
                // The file has changed since.
                Err(_) => break,
            }
        }
        Error::TooLarge {
            line: spelling.to_vec(),
        }
    }
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let pace = match args.pace() {
            Ok(pace) => pace,
            Err(cause) => return program.wrong_usage(cause),
        };
        let terminator = args.lines.terminator();
        let program = &args.lines.on(program);
        let separator = if args.tab { b'\t' } else { b' ' };
        let files = &args.lines.text.files;
        let stdin_begins = if args.merge {
            files.stdin_begins()
        } else {
            None
        };
        let ended = |result: Result<Report, Error>| {
            let report = result.map_err(|error| args.located(error, stdin_begins))?;
            if args.verbose {
                say(program, report);
            }
            Ok(())
        };
        program.hold_only_what_is_used();
        if args.sorted {
            program.show_progress(files);
            return program.with_output(|output| {
                let limits = args.limits();
                let decoders = limits.decoders.clone();
                let inputs = files.open_all(&decoders, &Deadline::default());
                let inputs = inputs.map(|(name, file)| (name, file.map(|file| args.input(file))));
                ended(count::merge_sorted(
                    inputs, limits, separator, terminator, output,
                ))?;
                Ok(true)
            });
        }
        let limits = args.limits();
        if let Some(pace) = pace {
            let lines = args.lines.text.clone();
            let deadline = Deadline::default();
            let inputs = files.open_all(&limits.decoders, &deadline);
            let inputs = inputs.map(move |(name, file)| (name, file.map(|file| lines.input(file))));
            let live = Live {
                pace,
                merge: args.merge,
                separator,
                terminator,
            };
            return program.with_output(|output| {
                ended(count::write_pages(inputs, deadline, live, limits, output))?;
                Ok(true)
            });
        }
        program.sum(
            files,
            &limits.decoders.clone(),
            Counts::new(limits),
            |counts, input| {
                let mut input = args.input(input);
                match args.merge {
                    true => counts
                        .merge(&mut input, terminator)
                        .map_err(|error| args.located(error, stdin_begins)),
                    false => counts.read(&mut input, terminator),
                }
            },
            |counts, output| {
                ended(match args.ignore_case {
                    true => count::write_ignoring_case(counts, separator, terminator, output),
                    false => counts.write(separator, terminator, output),
                })
            },
        )
    })
}

/// Parses a number of threads.
fn threads(text: &str) -> Result<NonZeroUsize, String> {
    let number = text.parse().ok();
    let number = number.filter(|n: &NonZeroUsize| n.get() <= count::THREADS);
    number.ok_or_else(|| format!("not a number from 1 to {}", count::THREADS))
}

/// Writes the report to standard error.
fn say(program: &cli::Program, report: Report) {
    let Report {
        lines,
        distinct,
        runs,
        spilled,
        oversize,
    } = report;
    if let Some((line, limit)) = oversize {
        program.say(format_args!(
            "a line of {line} bytes is larger than the limit of {limit} bytes"
        ));
    }
    let peak = memory::peak().map_or("unknown".to_string(), |peak| format!("{} KiB", peak >> 10));
    program.say(format_args!(
        "{}, {distinct} distinct, {}, {} spilled, {peak} of memory at most",
        show::number_of(lines, "line"),
        show::number_of(runs, "run"),
        show::number_of(spilled, "byte"),
    ));
}
