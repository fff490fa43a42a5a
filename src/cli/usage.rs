//! The command line in; options, a help text, or what is wrong with it out.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Parser};
use std::error::Error;
use std::io;

/// What `--version` says behind the program's name.
const VERSION: &str = concat!("(textmill) ", env!("CARGO_PKG_VERSION"));

/// How wide help is where standard output is no terminal, in columns.
const WIDTH: usize = 80;

/// What a user can type instead of an option that a program does not have,
/// such as one that another tool has under this name.
pub type Hint = fn(option: &str) -> Option<&'static str>;

/// Why there are no options.
pub(super) enum Refusal {
    /// The user asked for this text.
    Text(String),
    /// The command line is wrong; the cause, in one line.
    Wrong(String),
}

/// Reads the command line. Long options can be abbreviated, as GNU's.
pub(super) fn parse<A: Parser>(name: &'static str, hint: Hint) -> Result<A, Refusal> {
    let mut plain = command::<A>(name);
    let matches = plain.try_get_matches_from_mut(std::env::args_os());
    matches
        .and_then(|mut matches| A::from_arg_matches_mut(&mut matches))
        .map_err(|error| match error.kind() {
            ErrorKind::DisplayHelp => {
                let mut helpful = with_help(command::<A>(name));
                let again = helpful.try_get_matches_from_mut(std::env::args_os());
                Refusal::Text(again.err().unwrap_or(error).render().to_string())
            }
            ErrorKind::DisplayVersion => Refusal::Text(error.render().to_string()),
            _ => Refusal::Wrong(cause(&error, &plain, hint)),
        })
}

/// The options of a program as clap has them, with what is the same for all programs.
fn command<A: Parser>(name: &'static str) -> Command {
    A::command()
        .name(name)
        .version(VERSION)
        // A flag said twice is a flag, as it is to the classic tools.
        .args_override_self(true)
        .infer_long_args(true)
}

/// The same with the form of its help, which only a start that prints it must pay for.
fn with_help(command: Command) -> Command {
    // -h is a screen: one example is all that it says below the options.
    let long = command.get_after_help().map(ToString::to_string);
    let short = long.as_deref().map(first_example).unwrap_or_default();
    command
        .after_long_help(long.unwrap_or_default())
        .after_help(short)
        .term_width(columns())
}

/// The width of the terminal that help goes to.
fn columns() -> usize {
    match rustix::termios::tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_col > 0 => size.ws_col.into(),
        _ => WIDTH,
    }
}

/// The first command of the paragraph with examples.
fn first_example(text: &str) -> String {
    let mut paragraphs = text.split("\n\n");
    let examples = paragraphs.find(|paragraph| paragraph.starts_with("Example"));
    let command = examples.and_then(|examples| examples.lines().nth(1));
    command.map_or(String::new(), |command| format!("Example:\n{command}"))
}

/// What is wrong with the command line, and what to type instead where that is known.
fn cause(error: &clap::Error, command: &Command, hint: Hint) -> String {
    if let Some(cause) = quoted(error) {
        return cause;
    }
    let sentence = first_sentence(&error.render().to_string());
    let unknown = match error.kind() {
        ErrorKind::UnknownArgument => error.get(ContextKind::InvalidArg),
        _ => None,
    };
    if let Some(ContextValue::String(option)) = unknown {
        let meant = abbreviated(command, option);
        if meant.len() > 1 {
            return format!(
                "option '{option}' is ambiguous; possibilities: {}",
                meant.join(" ")
            );
        }
        if let Some(hint) = hint(option) {
            return format!("{sentence}; {hint}");
        }
    }
    let suggestion = [ContextKind::SuggestedArg, ContextKind::SuggestedValue]
        .into_iter()
        .find_map(|kind| match error.get(kind)? {
            ContextValue::String(text) => Some(text),
            ContextValue::Strings(texts) => texts.first(),
            _ => None,
        });
    match suggestion {
        Some(text) => format!("{sentence}; did you mean '{text}'?"),
        None => sentence,
    }
}

/// What is wrong with the value of an option, if the option's own parser says so in
/// words that quote the value: then clap's words need not quote it again.
fn quoted(error: &clap::Error) -> Option<String> {
    let text = |kind| match error.get(kind)? {
        ContextValue::String(text) => Some(text.as_str()),
        _ => None,
    };
    let option = text(ContextKind::InvalidArg)?.split(' ').next()?;
    let value = format!("'{}'", text(ContextKind::InvalidValue)?);
    let cause = error.source()?.to_string();
    let quotes = error.kind() == ErrorKind::ValueValidation && cause.contains(&value);
    quotes.then(|| format!("{option}: {cause}"))
}

/// The long options that begin like this one.
fn abbreviated(command: &Command, option: &str) -> Vec<String> {
    let Some(start) = option.strip_prefix("--").filter(|start| !start.is_empty()) else {
        return Vec::new();
    };
    let longs = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set());
    let longs = longs.filter_map(|argument| argument.get_long());
    let longs = longs.filter(|long| long.starts_with(start));
    longs.map(|long| format!("'--{long}'")).collect()
}

/// The first sentence of a message of clap, which has several lines.
fn first_sentence(message: &str) -> String {
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let sentence = message.split("\n\n").next().unwrap_or(message);
    sentence.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Parser, Debug)]
    #[command(after_help = "Examples:\n  one\n  two\n\nCost: none.")]
    struct Args {
        /// Adds
        #[arg(long)]
        merge: bool,
        /// Reads
        #[arg(long)]
        merged_input: bool,
        /// Says
        #[arg(long, value_parser = ["always", "never"])]
        color: Option<String>,
        /// Waits
        #[arg(short, long, value_parser = crate::time::parse)]
        wait: Option<std::time::Duration>,
    }

    fn refused(arguments: &[&str]) -> String {
        let mut command = command::<Args>("p");
        let error = command
            .try_get_matches_from_mut(["p"].iter().chain(arguments))
            .unwrap_err();
        let hint: Hint = |option| (option == "-x").then_some("use -y");
        cause(&error, &command, hint)
    }

    #[test]
    fn causes_say_what_to_type() {
        for (argument, cause) in [
            (
                "--mrege",
                "unexpected argument '--mrege' found; did you mean '--merge'?",
            ),
            (
                "--merg",
                "option '--merg' is ambiguous; possibilities: '--merge' '--merged-input'",
            ),
            ("-x", "unexpected argument '-x' found; use -y"),
            (
                "--wait=1x",
                "--wait: invalid duration '1x' (use ms, s, m, h, d or w)",
            ),
            ("-q", "unexpected argument '-q' found"),
            (
                "--color=nver",
                "invalid value 'nver' for '--color <COLOR>' [possible values: always, never]; \
                 did you mean 'never'?",
            ),
        ] {
            assert_eq!(refused(&[argument]), cause);
        }
    }

    #[test]
    fn long_options_can_be_abbreviated() {
        let parsed = |argument| command::<Args>("p").try_get_matches_from(["p", argument]);
        assert!(parsed("--merge").is_ok() && parsed("--merged").is_ok());
        assert!(parsed("--col=never").is_ok());
    }

    #[test]
    fn help_at_once_has_one_example() {
        let help = |option| {
            with_help(command::<Args>("p"))
                .try_get_matches_from(["p", option])
                .unwrap_err()
        };
        let (short, long) = (help("-h").to_string(), help("--help").to_string());
        assert!(short.ends_with("\nExample:\n  one\n"), "{short}");
        assert!(
            long.ends_with("\nExamples:\n  one\n  two\n\nCost: none.\n"),
            "{long}"
        );
    }
}
