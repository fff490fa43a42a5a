//! `sieve`: the primes among ascending numbers. See [`textmill::process::sieve`].

use clap::Parser;
use std::process::ExitCode;
use textmill::cli;
use textmill::process::sieve;

textmill::process_wide!();

/// Print the primes among ascending whole numbers, one a line.
///
/// Each prime has a process, which prints the prime and passes on the numbers that
/// the prime does not divide. The first of them is the prime of the next process.
/// All numbers printed are primes, whatever numbers the input lacks. A line that is
/// not a number, is longer than 4096 bytes, or is not larger than the line before is
/// an error; the output before it is correct.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  seq 2 541 | sieve\n\n\
        Order of output: that of the numbers. Each FILE has a chain of processes of its own.\n\
        Cost: a process for each prime, with some 100 KB of memory, and two more for each FILE. A number is \
        divided once in each process that it reaches. If the input lacks smaller primes, a number takes up to half its \
        square root in divisions."
)]
pub struct Args {
    /// Start at most N processes for primes
    ///
    /// An input with more primes is an error.
    #[arg(long, value_name = "N", default_value = "10000")]
    max_processes: usize,

    #[command(flatten)]
    files: cli::PlainFiles,
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let end = |result| program.end(result);
        program.each_plain_file(&args.files, |input, output| {
            sieve::sieve(input, output.file(), args.max_processes, &end)
        })
    })
}
