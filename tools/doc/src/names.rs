//! The names of the programs, as they are installed.

use crate::programs::PROGRAMS;
use clap::Command;

/// The manual of the whole is textmill(7).
pub const PROJECT: &str = "textmill";

/// Names with a prefix.
pub struct Names {
    prefix: String,
}

impl Names {
    pub fn new(prefix: &str) -> Self {
        let prefix = prefix.to_string();
        Names { prefix }
    }

    /// All programs, by their names in src/bin, in order.
    pub fn programs(&self) -> impl Iterator<Item = &'static str> + use<> {
        PROGRAMS.iter().map(|(name, _)| *name)
    }

    /// The options of a program.
    pub fn command(&self, program: &str) -> Result<Command, String> {
        let (_, command) = PROGRAMS
            .iter()
            .find(|(name, _)| *name == program)
            .ok_or_else(|| format!("{program}: no such program"))?;
        Ok(command())
    }

    /// The installed name.
    pub fn installed(&self, program: &str) -> String {
        format!("{}{program}", self.prefix)
    }

    /// A command line, or its output, with the installed names: those of the words that are
    /// the names of programs, and stand where a command does.
    pub fn in_code(&self, code: &str) -> String {
        let mut installed = String::new();
        let mut rest = code;
        while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic()) {
            installed += &rest[..start];
            rest = &rest[start..];
            let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            let is_program = self.programs().any(|name| name == word);
            if is_program && is_command(&installed) && !behind.starts_with(['/', '=']) {
                installed += &self.prefix;
            }
            installed += word;
            rest = behind;
        }
        installed + rest
    }
}

/// Whether the word after this text is a command.
fn is_command(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or(before);
    let line = line.strip_prefix("$ ").unwrap_or(line);
    let trimmed = line.trim_end();
    // The line begins here, at its left margin.
    if trimmed.is_empty() {
        return true;
    }
    let words = [
        "do", "then", "else", "xargs", "command", "time", "!", "--", "=",
    ];
    let last = trimmed.rsplit(' ').next().unwrap_or(trimmed);
    trimmed.ends_with(['|', ';', '&', '(', '{', '`']) || words.contains(&last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_get_the_prefix() {
        let names = Names::new("tm-");
        for (code, installed) in [
            ("count", "tm-count"),
            ("count --merge", "tm-count --merge"),
            (
                "$ words f | lower | count",
                "$ tm-words f | tm-lower | tm-count",
            ),
            ("$ cat <(count f)\n3 words", "$ cat <(tm-count f)\n3 words"),
            ("memo half -- count f", "tm-memo half -- tm-count f"),
            ("count: 3 lines", "tm-count: 3 lines"),
            ("docs/count.md", "docs/count.md"),
            ("echo words", "echo words"),
            ("converse bc = words", "tm-converse bc = tm-words"),
            ("links=1", "links=1"),
        ] {
            assert_eq!(names.in_code(code), installed);
        }
    }
}
