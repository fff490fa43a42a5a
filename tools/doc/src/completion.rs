//! Completions for shells.
//!
//! Those for zsh and fish are `clap_complete`'s. For bash that offers options where a FILE is
//! expected, and breaks file names at blanks; so this one completes options and listed values, and
//! leaves file names to bash itself.

use crate::names::Names;
use clap::{Arg, Command, ValueHint};
use clap_complete::{Shell, generate};

/// The completion of a program under its installed name.
pub fn of(names: &Names, program: &str, shell: Shell) -> Result<String, String> {
    let mut command = names.command(program)?;
    let name = names.installed(program);
    match shell {
        Shell::Bash => {
            command.build();
            for_bash(&command, &name)
        }
        shell => {
            let mut script = Vec::new();
            generate(shell, &mut command, name, &mut script);
            String::from_utf8(script).map_err(|error| error.to_string())
        }
    }
}

fn for_bash(command: &Command, name: &str) -> Result<String, String> {
    let function: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let options = command.get_arguments();
    let options: Vec<&Arg> = options
        .filter(|option| !option.is_positional() && !option.is_hide_set())
        .collect();
    let all: Vec<String> = options
        .iter()
        .flat_map(|option| spellings(option))
        .collect();
    let mut cases = String::new();
    for option in options
        .iter()
        .filter(|option| option.get_action().takes_values())
    {
        let values = values(option)?;
        let reply = match values.is_empty() {
            // The default completion is file names.
            true => "return",
            false => &format!(
                "COMPREPLY=($(compgen -W '{}' -- \"$cur\")); return",
                values.join(" ")
            ),
        };
        cases += &format!("        {}) {reply} ;;\n", spellings(option).join(" | "));
    }
    let all = all.join(" ");
    // After -- there are operands only; the first one may be a command.
    let is_command = |operand: &Arg| operand.get_value_hint() == ValueHint::CommandName;
    let operands = match command.get_positionals().any(is_command) {
        true => r#"{ ((i + 1 < COMP_CWORD)) || COMPREPLY=($(compgen -c -- "$cur")); return; }"#,
        false => "return",
    };
    Ok(format!(
        r#"_{function}() {{
    local cur=$2 prev=$3 i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        [[ ${{COMP_WORDS[i]}} != -- ]] || {operands}
    done
    # --option=value is three words.
    [[ $cur != = ]] || cur=
    [[ $prev != = && ${{COMP_WORDS[COMP_CWORD]}} != = ]] || prev=${{COMP_WORDS[COMP_CWORD - 1]}}
    [[ $prev != = ]] || prev=${{COMP_WORDS[COMP_CWORD - 2]}}
    case $prev in
{cases}        *) [[ $cur != -* ]] || COMPREPLY=($(compgen -W '{all}' -- "$cur")) ;;
    esac
}}
complete -o bashdefault -o default -F _{function} {name}
"#
    ))
}

/// An option as it is typed: `-t`, `--tab`.
fn spellings(option: &Arg) -> Vec<String> {
    let short = option.get_short().map(|short| format!("-{short}"));
    let long = option.get_long().map(|long| format!("--{long}"));
    short.into_iter().chain(long).collect()
}

/// The values that an option lists. They stand unquoted in a list of words.
fn values(option: &Arg) -> Result<Vec<String>, String> {
    let values = option.get_possible_values();
    let values: Vec<String> = values
        .iter()
        .map(|value| value.get_name().to_string())
        .collect();
    let is_plain = |value: &String| value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    match values.iter().find(|value| !is_plain(value)) {
        Some(value) => Err(format!("bash cannot complete the value {value:?}")),
        None => Ok(values),
    }
}
