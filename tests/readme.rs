//! The commands of README.md and docs/talk.md print what these say.
//!
//! A block marked `console` is a session: lines after `$ ` are run by bash at
//! the top of the repository, what follows each is its output, to the letter.

use crate::process::{programs, repository, run, shell};

/// The commands of a Markdown text, each with the output that it shows.
fn sessions(markdown: &str) -> Vec<(String, String)> {
    let mut sessions: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in markdown.lines() {
        match line.strip_prefix("$ ") {
            _ if line.starts_with("```") => inside = line == "```console",
            _ if !inside => {}
            Some(command) => sessions.push((command.to_string(), String::new())),
            None => {
                let (_, output) = sessions
                    .last_mut()
                    .expect("a session begins with a command");
                *output += &format!("{line}\n");
            }
        }
    }
    sessions
}

#[test]
fn every_command_prints_what_it_says() {
    let mut all = Vec::new();
    for page in ["README.md", "docs/talk.md"] {
        let text = std::fs::read_to_string(repository(page)).unwrap();
        let sessions = sessions(&text);
        assert!(sessions.len() >= 5, "{page} shows its commands");
        all.extend(sessions);
    }
    for (command, output) in all {
        if cfg!(not(feature = "net"))
            && ["fetch", "wordfreq"]
                .iter()
                .any(|word| command.contains(word))
        {
            continue;
        }
        let mut bash = shell(&format!("exec 2>&1; {command}"));
        bash.current_dir(repository(""))
            .env("TEXTMILL_BIN", programs());
        let ran = run(&mut bash, b"");
        assert_eq!(
            String::from_utf8(ran.stdout).unwrap(),
            output,
            "$ {command}"
        );
    }
}

#[test]
fn every_program_is_in_the_table() {
    let readme = std::fs::read_to_string(repository("README.md")).unwrap();
    for entry in std::fs::read_dir(repository("src/bin")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(readme.contains(&format!("| `{name}")), "{name}");
    }
}
