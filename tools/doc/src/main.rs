//! Manuals and completions of the programs, from their option types (src/bin) and pages (docs).
//!
//! ```text
//! textmill-doc programs
//! textmill-doc [--program-prefix P] manual PROGRAM | textmill
//! textmill-doc [--program-prefix P] completion PROGRAM bash|zsh|fish
//! ```
//!
//! It is for scripts/install and packages, and is not installed. Chapters: `names` (the
//! programs, with a prefix), `page` (a Markdown page in, blocks out), `manual` (blocks
//! and options in, roff out), `completion`.

mod completion;
mod manual;
mod names;
mod page;

/// The programs, each with its options; made by build.rs.
#[allow(dead_code)]
mod programs {
    include!(concat!(env!("OUT_DIR"), "/programs.rs"));
}

use clap::{Parser, Subcommand};
use clap_complete::Shell;
use names::Names;
use std::io::{self, Write};
use std::process::ExitCode;

#[derive(Parser)]
struct Args {
    /// The beginning of the installed names
    #[arg(long, value_name = "P", default_value = "", global = true)]
    program_prefix: String,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Print the names of the programs, one a line
    Programs,
    /// Print the manual of a program, or textmill(7)
    Manual { program: String },
    /// Print the completion of a program for a shell
    Completion { program: String, shell: Shell },
}

fn main() -> ExitCode {
    let args = Args::parse();
    let names = Names::new(&args.program_prefix);
    let made = match &args.what {
        What::Programs => Ok(names.programs().map(|name| format!("{name}\n")).collect()),
        What::Manual { program } if program == names::PROJECT => manual::of_project(&names),
        What::Manual { program } => manual::of_program(&names, program),
        What::Completion { program, shell } => completion::of(&names, program, *shell),
    };
    let written = made.and_then(|text: String| {
        let written = io::stdout().write_all(text.as_bytes());
        written.map_err(|error| error.to_string())
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("textmill-doc: {cause}");
            ExitCode::FAILURE
        }
    }
}
