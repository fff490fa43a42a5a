//! `sieve`: the primes among ascending numbers. See [`textmill::sieve`].

use clap::Parser;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::process::{Command, ExitCode};
use textmill::cli;
use textmill::error::Error;
use textmill::sieve;

/// Print the primes among ascending whole numbers, one a line.
///
/// Each prime is a process: it prints itself, and passes on what it does not
/// divide, to the next process, which it starts for that. What is printed is a
/// prime whatever numbers are left out. A line that is no number (one of more than
/// 4096 bytes is none), or not a larger one than the line before, is an error;
/// what was printed before it is right.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  seq 2 541 | sieve\n\n\
        Order of output: that of the numbers. Each FILE has a chain of processes of its own.\n\
        Cost: a process for each prime, with some 200 KB of memory; a number is divided once in each process \
        that it reaches. Behind primes that the input lacks, a number costs up to half its \
        square root in divisions."
)]
struct Args {
    /// Start at most N processes
    ///
    /// An input with more primes is an error.
    #[arg(long, value_name = "N", default_value = "10000")]
    max_processes: usize,

    /// Be the process for this prime: standard input is numbers of 64 bits
    #[arg(long, value_name = "PRIME", hide = true)]
    prime: Option<u64>,

    #[command(flatten)]
    files: cli::Files,
}

/// How the process for a prime is called.
fn call(prime: u64, left: usize) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(format!("--prime={prime}"));
    command.arg(format!("--max-processes={left}"));
    Ok(command)
}

fn main() -> ExitCode {
    cli::run(env!("CARGO_BIN_NAME"), |program, args: Args| {
        let most = args.max_processes;
        match args.prime {
            None => program.each_file(&args.files, |input, output| {
                sieve::sieve(input, output, most, call)
            }),
            Some(prime) => program.with_output(|output| {
                let stdin = io::stdin().as_fd().try_clone_to_owned();
                let mut input = File::from(stdin.map_err(Error::Read)?);
                sieve::link(prime, &mut input, output, most, call)
            }),
        }
    })
}
