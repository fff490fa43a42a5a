//! The commands of README.md and docs/talk.md print what these say.
//!
//! A block marked `console` is a session: lines after `$ ` are run by bash at
//! the top of the repository, what follows each is its output, to the letter. A small
//! site is at http://localhost:8000/, wherever that may be.

use crate::process::{programs, repository, run, shell};
#[cfg(feature = "net")]
use crate::server::{Server, Step, page, status};

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

/// Where the pages say that the site is.
const SITE: &str = "http://localhost:8000";

/// Starts the site, a page and a link on it that leads nowhere; where it is.
#[cfg(feature = "net")]
fn site() -> String {
    let html = std::fs::read(repository("tests/data/page.html")).unwrap();
    let links = b"<a href=/page.html>The page</a> <a href=/gone.html>Another one</a>";
    let server = Server::start(move |request| {
        let html_of = |html: &[u8]| page(&["Content-Type: text/html; charset=utf-8"], html);
        vec![Step::Send(match request.path.as_str() {
            "/" => html_of(links),
            "/page.html" => html_of(&html),
            _ => status("404 Not Found"),
        })]
    });
    server.url("")
}

#[cfg(not(feature = "net"))]
fn site() -> String {
    SITE.to_string()
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
    let (there, cache) = (site(), tempfile::tempdir().unwrap());
    for (command, output) in all {
        if cfg!(not(feature = "net"))
            && ["fetch", "linkcheck", "wordfreq"]
                .iter()
                .any(|word| command.contains(word))
        {
            continue;
        }
        let mut bash = shell(&format!("exec 2>&1; {}", command.replace(SITE, &there)));
        bash.current_dir(repository(""))
            .env("TEXTMILL_BIN", programs())
            .env("XDG_CACHE_HOME", cache.path());
        let ran = run(&mut bash, b"");
        assert_eq!(
            String::from_utf8(ran.stdout).unwrap().replace(&there, SITE),
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
