//! The command line in; options, a help text, or what is wrong with it out.

use crate::common::screen::Size;
use crate::text::unicode;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Parser};
use std::error::Error;
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// The version in the output of `--version`.
const VERSION: &str = concat!(
    "(textmill) ",
    env!("CARGO_PKG_VERSION"),
    ", Unicode ",
    unicode::version!()
);

/// What a user can type instead of an option that a program does not have,
/// such as one that another tool has under this name, or of no argument at all (an empty text).
pub type Hint = fn(option: &str) -> Option<&'static str>;

/// Why there are no options.
pub(super) enum Refusal {
    /// The text of `--help` or `--version`.
    Text(String),
    /// The command line is wrong; the cause, in one line.
    Wrong(String),
}

/// Reads the command line of the program `own`, which was called as `name`. Long options can
/// be abbreviated, as GNU's.
pub(super) fn parse<A: Parser>(name: &'static str, own: &str, hint: Hint) -> Result<A, Refusal> {
    let mut plain = command::<A>(name);
    let arguments = with_equals_signs(&plain, std::env::args_os());
    let matches = plain.try_get_matches_from_mut(arguments);
    matches
        .and_then(|mut matches| A::from_arg_matches_mut(&mut matches))
        .map_err(|error| match error.kind() {
            ErrorKind::DisplayHelp => {
                let mut helpful = with_help(command::<A>(name));
                let arguments = with_equals_signs(&helpful, std::env::args_os());
                let again = helpful.try_get_matches_from_mut(arguments);
                let help = again.err().unwrap_or(error).render().to_string();
                Refusal::Text(with_name(help, own, name))
            }
            ErrorKind::DisplayVersion => Refusal::Text(error.render().to_string()),
            _ => Refusal::Wrong(cause(&error, &plain, hint)),
        })
}

/// The options of a program as clap has them, with what is the same for all programs. Where the
/// options name a version, that of data which only this program has, it follows the others.
pub fn command<A: Parser>(name: &'static str) -> Command {
    let command = A::command();
    let version: &'static str = match command.get_version() {
        Some(data) if data != env!("CARGO_PKG_VERSION") => format!("{VERSION}, {data}").leak(),
        _ => VERSION,
    };
    command
        .name(name)
        .version(version)
        // A flag given twice is a flag, as it is to the classic tools.
        .args_override_self(true)
        .infer_long_args(true)
}

/// A help text whose usage lines have the name by which the program was called.
fn with_name(help: String, own: &str, name: &str) -> String {
    if own == name {
        return help;
    }
    let lines = help.split_inclusive('\n').map(|line| {
        let usage = ["Usage: ", "       "].into_iter().find_map(|start| {
            let rest = line.strip_prefix(start)?.strip_prefix(own)?;
            rest.starts_with(' ')
                .then(|| format!("{start}{name}{rest}"))
        });
        usage.unwrap_or_else(|| line.to_string())
    });
    lines.collect()
}

/// The same with the form of its help, which only a start that prints it must pay for.
fn with_help(command: Command) -> Command {
    // -h fits on a screen: below the options it has one example.
    let long = command.get_after_help().map(ToString::to_string);
    let short = long.as_deref().map(first_example).unwrap_or_default();
    command
        .after_long_help(long.unwrap_or_default())
        .after_help(short)
        .term_width(columns())
}

/// The arguments, so that clap takes all that follows a short option as its value, as
/// GNU's getopt does: clap drops an equals sign there, so another one is put before it.
fn with_equals_signs(
    command: &Command,
    mut arguments: impl Iterator<Item = OsString>,
) -> Vec<OsString> {
    let mut all: Vec<OsString> = arguments.next().into_iter().collect();
    while let Some(argument) = arguments.next() {
        let bytes = argument.as_bytes();
        let is_option = bytes.len() > 1 && bytes[0] == b'-';
        if is_list(command, bytes) {
            all.push(OsString::from_vec([b" ", bytes].concat()));
            continue;
        }
        // From here on there are operands only, or a command with options of its own.
        let is_end = bytes == b"--" || !is_option && has_command(command);
        let value = match bytes {
            _ if is_end || !is_option => Value::None,
            [b'-', b'-', name @ ..] => long_value(command, name),
            [_, letters @ ..] => short_value(command, letters),
            [] => Value::None,
        };
        match value {
            Value::Begins(at) if bytes.get(at) == Some(&b'=') => {
                let mut longer = bytes[..at].to_vec();
                longer.push(b'=');
                longer.extend_from_slice(&bytes[at..]);
                all.push(OsString::from_vec(longer));
            }
            Value::IsNext => {
                all.push(argument);
                all.extend(arguments.next());
            }
            Value::Begins(_) | Value::None => all.push(argument),
        }
        if is_end {
            all.extend(arguments);
            break;
        }
    }
    all
}

/// Whether an argument is a list of fields that begins with a negative number, such as `-1,3`,
/// which clap would take for options. A blank before it makes it an operand.
fn is_list(command: &Command, argument: &[u8]) -> bool {
    let first = command.get_positionals().next();
    let takes_lists = first.is_some_and(|operand| operand.get_id() == "list");
    let digits = matches!(argument, [b'-', b'0'..=b'9', ..]);
    takes_lists && digits && !argument[1..].iter().all(u8::is_ascii_digit)
}

/// Where the value of an option is.
enum Value {
    /// It has none.
    None,
    /// In the same argument, from this byte on.
    Begins(usize),
    /// It is the next argument.
    IsNext,
}

/// The value of short options, of which the letters are given.
fn short_value(command: &Command, letters: &[u8]) -> Value {
    for (i, &letter) in letters.iter().enumerate() {
        let mut options = command.get_arguments();
        let known = options.find(|option| option.get_short() == Some(letter.into()));
        match known {
            Some(option) if takes_value(option) && i + 1 < letters.len() => {
                return Value::Begins(i + 2);
            }
            Some(option) if takes_value(option) => return Value::IsNext,
            Some(_) => {}
            None => return Value::None,
        }
    }
    Value::None
}

/// The value of a long option, whose name may be abbreviated.
fn long_value(command: &Command, name: &[u8]) -> Value {
    let is_meant = |option: &&Arg| option.get_long().map(str::as_bytes) == Some(name);
    let mut begun = command
        .get_arguments()
        .filter(|option| (option.get_long()).is_some_and(|long| long.as_bytes().starts_with(name)));
    let option = (command.get_arguments().find(is_meant)).or_else(|| begun.next());
    match option {
        Some(option) if takes_value(option) => Value::IsNext,
        _ => Value::None,
    }
}

fn takes_value(option: &Arg) -> bool {
    option.get_action().takes_values()
}

/// Whether the operands are a command, whose options are its own.
fn has_command(command: &Command) -> bool {
    let mut operands = command.get_positionals();
    operands.any(Arg::is_trailing_var_arg_set)
}

/// The width of the terminal that is standard output, in columns; 80 if it is not a terminal.
pub fn columns() -> usize {
    Size::of(io::stdout()).columns
}

/// The first command of the paragraph with examples.
fn first_example(text: &str) -> String {
    let mut paragraphs = text.split("\n\n");
    let examples = paragraphs.find(|paragraph| paragraph.starts_with("Example"));
    let command = examples.and_then(|examples| examples.lines().nth(1));
    command.map_or(String::new(), |command| format!("Example:\n{command}"))
}

/// What is wrong with the command line, and what to type instead where that is known. For a missing
/// argument, the hint is that for an empty text.
fn cause(error: &clap::Error, command: &Command, hint: Hint) -> String {
    if let Some(cause) = quoted(error) {
        return cause;
    }
    if let (ErrorKind::MissingRequiredArgument, Some(ContextValue::Strings(missing))) =
        (error.kind(), error.get(ContextKind::InvalidArg))
    {
        let hint = hint("").map_or(String::new(), |hint| format!("; {hint}"));
        return format!("missing argument: {}{hint}", missing.join(" "));
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

/// What is wrong with the value of an option or operand, if its own parser says so in
/// words that quote the value: then clap's words need not quote it again.
fn quoted(error: &clap::Error) -> Option<String> {
    let text = |kind| match error.get(kind)? {
        ContextValue::String(text) => Some(text.as_str()),
        _ => None,
    };
    let name = text(ContextKind::InvalidArg)?.split(' ').next()?;
    let name = name.trim_matches(['<', '>', '[', ']']);
    let value = format!("'{}'", text(ContextKind::InvalidValue)?);
    let cause = error.source()?.to_string();
    let quotes = error.kind() == ErrorKind::ValueValidation && cause.contains(&value);
    quotes.then(|| format!("{name}: {cause}"))
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
    use clap::FromArgMatches;

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
        #[arg(short, long, value_parser = crate::common::time::parse)]
        wait: Option<std::time::Duration>,
        /// Pauses
        #[arg(value_name = "TIME", value_parser = crate::common::time::parse)]
        pause: Option<std::time::Duration>,
        /// Repeats
        #[arg(value_name = "N", requires = "wait")]
        times: Option<u8>,
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
    fn a_missing_argument_is_named() {
        assert_eq!(refused(&["1s", "5"]), "missing argument: --wait <WAIT>");
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
            (
                "2x",
                "TIME: invalid duration '2x' (use ms, s, m, h, d or w)",
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

    #[derive(Parser, Debug, PartialEq)]
    struct Short {
        #[arg(short, allow_hyphen_values = true)]
        e: Option<String>,
        #[arg(short = 'S', long = "size")]
        size: Option<String>,
        #[arg(short)]
        t: bool,
        words: Vec<String>,
    }

    #[test]
    fn the_value_of_a_short_option_is_all_that_follows_it() {
        for (arguments, e, size, words) in [
            (&["-e=x"][..], Some("=x"), None, &[][..]),
            (&["-te=x"], Some("=x"), None, &[]),
            (&["-e==x"], Some("==x"), None, &[]),
            (&["-e="], Some("="), None, &[]),
            (&["-e", "=x"], Some("=x"), None, &[]),
            (&["-e", "-S=x"], Some("-S=x"), None, &[]),
            (&["-eS=x"], Some("S=x"), None, &[]),
            (&["a=b", "-S=1"], None, Some("=1"), &["a=b"]),
            (&["--size=1", "-e=x"], Some("=x"), Some("1"), &[]),
            (&["--si", "-", "-e=x"], Some("=x"), Some("-"), &[]),
            (&["--", "-e=x"], None, None, &["-e=x"]),
            (&["-", "-e=x"], Some("=x"), None, &["-"]),
        ] {
            let command = command::<Short>("p");
            let all = ["p"].iter().chain(arguments).map(OsString::from);
            let all = with_equals_signs(&command, all);
            let parsed = command.try_get_matches_from(all);
            let parsed = Short::from_arg_matches_mut(&mut parsed.unwrap()).unwrap();
            let owned = |text: &str| text.to_string();
            assert_eq!(parsed.e, e.map(owned), "{arguments:?}");
            assert_eq!(parsed.size, size.map(owned), "{arguments:?}");
            assert_eq!(parsed.words, words, "{arguments:?}");
        }
    }

    #[test]
    fn options_of_a_command_are_left_alone() {
        #[derive(Parser, Debug)]
        struct Runs {
            #[arg(short)]
            e: Option<String>,
            #[arg(trailing_var_arg = true)]
            words: Vec<String>,
        }
        let command = command::<Runs>("p");
        let all = ["p", "-e=1", "grep", "-e=x"].map(OsString::from);
        let all = with_equals_signs(&command, all.into_iter());
        assert_eq!(all, ["p", "-e==1", "grep", "-e=x"]);
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
