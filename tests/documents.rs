//! The documents: their commands print what they show, their links lead somewhere, and each
//! program has a page with fixed sections.
//!
//! A block marked `console` is a session: lines after `$ ` are run by one bash in a copy of the
//! folders that documents use, and what follows each is its output. A line after `> ` continues a command
//! that ends in `|`, `&&` or a backslash. The documents find a small site at http://localhost:8000/, wherever the
//! test serves it.
//!
//! - `recipes`: what docs/recipes.md promises beyond that.
//! - `security`: the limits in docs/security.md are those of the sources, and have tests.

mod recipes;
mod security;

use crate::process::{installed, program, programs, repository, run, shell};
#[cfg(feature = "net")]
use crate::server::{Server, Step, page, status};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::thread;

/// The sections of the page of a program.
const SECTIONS: [&str; 7] = [
    "Synopsis",
    "Description",
    "Options",
    "Examples",
    "Limits",
    "Exit status",
    "See also",
];

/// All Markdown files below a folder of the repository, by their paths in it.
fn markdown(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(repository(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            found.extend(markdown(&path));
        } else if path.ends_with(".md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The documents that show commands.
fn documents() -> Vec<String> {
    let mut all = markdown("docs");
    all.push("README.md".to_string());
    all
}

fn text(document: &str) -> String {
    let text = fs::read_to_string(repository(document));
    text.unwrap_or_else(|error| panic!("{document}: {error}"))
}

/// A command in a document.
#[derive(Debug, PartialEq)]
struct Command {
    line: String,
    /// The output that the document shows.
    output: String,
}

impl Command {
    fn is_incomplete(&self) -> bool {
        let ends = ["|", "&&", "\\"];
        self.output.is_empty() && ends.iter().any(|end| self.line.ends_with(end))
    }
}

/// The sessions of a Markdown text.
fn sessions(markdown: &str) -> Vec<Vec<Command>> {
    let mut sessions: Vec<Vec<Command>> = Vec::new();
    let mut inside = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
            sessions.extend(inside.then(Vec::new));
            continue;
        }
        let Some(session) = sessions.last_mut().filter(|_| inside) else {
            continue;
        };
        if let Some(line) = line.strip_prefix("$ ") {
            session.push(Command {
                line: line.to_string(),
                output: String::new(),
            });
            continue;
        }
        let command = session.last_mut().expect("a session begins with a command");
        match line.strip_prefix("> ") {
            Some(rest) if command.is_incomplete() => command.line += &format!("\n{rest}"),
            _ => command.output += &format!("{line}\n"),
        }
    }
    sessions
}

/// What a terminal shows after commands; `scripts/picture` draws it.
const PICTURE: &str = "docs/terminal.svg";

/// The rows of a picture of a terminal: the pieces of each one's text.
fn rows(picture: &str) -> impl Iterator<Item = Vec<String>> {
    let elements = picture.lines().filter(|line| line.starts_with("<text "));
    elements.map(|element| {
        let (pieces, _) = element.split_once("</text>").unwrap();
        let pieces = pieces.split("<tspan ").skip(1).map(|piece| {
            let (_, text) = piece.split_once('>').unwrap();
            let text = text.strip_suffix("</tspan>").unwrap();
            text.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&")
        });
        pieces.collect()
    })
}

/// A picture of a terminal as a Markdown text.
fn screen(picture: &str) -> String {
    let rows: Vec<String> = rows(picture).map(|pieces| pieces.concat()).collect();
    format!("```console\n{}\n```\n", rows.join("\n"))
}

/// The lines of a Markdown text outside of code blocks.
fn prose(markdown: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    markdown.lines().filter(move |line| {
        let is_fence = line.starts_with("```");
        inside ^= is_fence;
        !inside && !is_fence && !line.starts_with("    ")
    })
}

/// The names of all programs, built or not.
fn sources() -> Vec<String> {
    let entries = fs::read_dir(repository("src/bin")).unwrap();
    let name = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_string();
    let mut names: Vec<_> = entries.map(|entry| name(entry.unwrap().path())).collect();
    names.sort();
    names
}

/// The programs that are built.
fn built() -> impl Iterator<Item = String> {
    let is_built = |name: &String| {
        cfg!(feature = "net") || !["fetch", "linkcheck", "warc"].contains(&&name[..])
    };
    sources().into_iter().filter(is_built)
}

/// The address of the site in the documents.
const SITE: &str = "http://localhost:8000";

/// Starts the site, a page, a link on it that leads nowhere, and a sitemap; where it is.
#[cfg(feature = "net")]
fn site() -> String {
    let html = fs::read(repository("tests/data/page.html")).unwrap();
    let links = b"<a href=/page.html>The page</a> <a href=/gone.html>Another one</a>";
    let server = Server::start(move |request| {
        let html_of = |html: &[u8]| page(&["Content-Type: text/html; charset=utf-8"], html);
        vec![Step::Send(match request.path.as_str() {
            "/" | "/?lang=en&page=1" => html_of(links),
            "/page.html" => html_of(&html),
            "/sitemap.xml" => {
                let host = request.header("Host").unwrap();
                let map = format!(
                    "<?xml version=\"1.0\"?>\n<urlset><url><loc>http://{host}/page.html</loc></url>\n\
                     <url><loc>file:///etc/hostname</loc></url>\n\
                     <url>\n<loc>\nhttp://{host}/?lang=en&amp;page=1\n</loc></url></urlset>\n"
                );
                page(&["Content-Type: application/xml"], map.as_bytes())
            }
            _ => status("404 Not Found"),
        })]
    });
    server.url("")
}

#[cfg(not(feature = "net"))]
fn site() -> String {
    SITE.to_string()
}

/// How sessions are run.
#[derive(Clone, Copy, Default)]
struct Setting<'a> {
    /// What bash runs before the session.
    start: &'a str,
    /// A folder with the locale en_US.UTF-8, which is used then.
    locale: Option<&'a Path>,
    /// Whether the files in tests/data are empty.
    empty: bool,
}

/// The output and the exit status of a command of a document.
struct Ended<'a> {
    command: &'a Command,
    printed: String,
    status: i32,
}

/// The folder for the sessions of a document.
fn folder(empty: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let link = |name: &str| symlink(repository(name), folder.path().join(name)).unwrap();
    for name in ["LICENSE-MIT", "scripts"] {
        link(name);
    }
    if !empty {
        link("tests");
        return folder;
    }
    for sub in ["tests/data", "tests/data/texts"] {
        fs::create_dir_all(folder.path().join(sub)).unwrap();
        for entry in fs::read_dir(repository(sub)).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                fs::write(folder.path().join(sub).join(entry.file_name()), b"").unwrap();
            }
        }
    }
    folder
}

/// Whether all programs that a session needs are there.
fn can_run(session: &[Command]) -> bool {
    let uses = |word: &&str| session.iter().any(|command| command.line.contains(word));
    let net = ["fetch", "linkcheck", "warc", "wordfreq"];
    (cfg!(feature = "net") || !net.iter().any(uses))
        && (!uses(&"parallel") || installed("parallel", "GNU parallel"))
}

/// Runs the sessions of a document in a folder of their own, and passes each command that has ended to `each`.
fn run_sessions(document: &str, site: &str, setting: Setting, mut each: impl FnMut(Ended)) {
    /// Between the output of a command and its status.
    const MARK: char = '\u{1e}';
    let folder = folder(setting.empty);
    let cache = tempfile::tempdir().unwrap();
    let markdown = match document {
        PICTURE => screen(&text(PICTURE)),
        _ => text(document),
    };
    for session in sessions(&markdown) {
        if !can_run(&session) {
            continue;
        }
        let mut script = format!("exec 2>&1; {}\n", setting.start);
        for Command { line, .. } in &session {
            script += &line.replace(SITE, site);
            script += "\nprintf '\\036%s\\036' $?\n";
        }
        let mut bash = shell(&script);
        bash.current_dir(folder.path())
            .env("TEXTMILL_BIN", programs())
            .env("XDG_CACHE_HOME", cache.path());
        if let Some(locale) = setting.locale {
            bash.env("LOCPATH", locale).env("LC_ALL", "en_US.UTF-8");
        }
        let ran = run(&mut bash, b"");
        let output = String::from_utf8(ran.stdout).unwrap().replace(site, SITE);
        let mut parts = output.split(MARK);
        for command in &session {
            let printed = parts.next().unwrap_or_default().to_string();
            let status = parts.next().and_then(|status| status.parse().ok());
            each(Ended {
                command,
                printed,
                status: status.unwrap_or(-1),
            });
        }
    }
}

/// The commands of a document that print something else than it shows.
fn wrong_commands(document: &str, site: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    run_sessions(document, site, Setting::default(), |ended| {
        if ended.printed != ended.command.output {
            let (line, printed) = (&ended.command.line, ended.printed);
            wrong.push(format!("{document}: $ {line}\n{printed}"));
        }
    });
    wrong
}

#[test]
fn every_command_prints_the_output_shown() {
    let site = &site();
    let wrong: Vec<String> = thread::scope(|scope| {
        let run = |document: String| scope.spawn(move || wrong_commands(&document, site));
        // Recipes have tests of their own.
        let others = documents().into_iter().filter(|name| name != recipes::PAGE);
        let others = others.chain([PICTURE.to_string()]);
        let running: Vec<_> = others.map(run).collect();
        let ended = running.into_iter();
        ended.flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Block elements in the text of the picture are not painted; a rectangle is, which has the same length. (The terminal
/// has 80 columns, so its bars have the length that they have in a pipe, and no line is cut.)
#[test]
fn the_picture_paints_the_bars_of_its_text() {
    let picture = text(PICTURE);
    assert!(
        screen(&picture)
            .lines()
            .filter(|row| row.starts_with("$ "))
            .count()
            >= 2
    );
    let eighths = |piece: &String| -> Option<usize> {
        let length = |c| "▏▎▍▌▋▊▉█".chars().position(|block| block == c);
        piece.chars().map(|c| Some(length(c)? + 1)).sum()
    };
    let blocks: Vec<usize> = rows(&picture)
        .flatten()
        .filter_map(|piece| eighths(&piece))
        .collect();
    let bars = picture.split("</text><rect ").skip(1).map(|bar| {
        let (_, width) = bar.split_once("width=\"").unwrap();
        width.split('"').next().unwrap().parse::<f64>().unwrap()
    });
    let bars: Vec<f64> = bars.collect();
    assert_eq!((blocks.len(), bars.len()), (8, 8));
    let eighth = bars[0] / blocks[0] as f64;
    for (blocks, bar) in blocks.iter().zip(bars) {
        assert!(
            (*blocks as f64 * eighth - bar).abs() < 0.02,
            "{blocks}: {bar}"
        );
    }
}

/// The targets of the links in a Markdown text.
fn links(markdown: &str) -> Vec<String> {
    let text = prose(markdown).collect::<Vec<_>>().join("\n");
    // Code spans contain no links.
    let text: String = text.split('`').step_by(2).collect();
    let rest = text.split("](").skip(1);
    rest.map(|rest| rest.split(')').next().unwrap().to_string())
        .collect()
}

/// The anchors of the headings in a Markdown text, as GitHub makes them.
fn anchors(markdown: &str) -> Vec<String> {
    let headings = prose(markdown).filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title
            .chars()
            .filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
        kept.collect::<String>().replace(' ', "-")
    };
    headings.map(anchor).collect()
}

/// All Markdown files of the repository.
fn everything() -> Vec<String> {
    let mut all = documents();
    for folder in ["benches", "findings", "tests"] {
        all.extend(markdown(folder));
    }
    all.extend(["CHANGELOG.md", "CONTRIBUTING.md"].map(String::from));
    all
}

/// Code spans that begin with a folder of the repository are paths in it. (tests/data/README.md
/// names the paths of other repositories.)
#[test]
fn every_path_exists() {
    let folders = [
        "benches/",
        "docs/",
        "findings/",
        "scripts/",
        "src/",
        "tests/",
    ];
    let is_path = |span: &&str| {
        let plain = |c: char| c.is_alphanumeric() || "/._-".contains(c);
        let placeholders = ["NAME", "PROGRAM"];
        folders.iter().any(|folder| span.starts_with(folder))
            && span.chars().all(plain)
            && !placeholders.iter().any(|name| span.contains(name))
    };
    let mut missing = Vec::new();
    let here = everything().into_iter();
    for document in here.filter(|document| !document.starts_with("tests/")) {
        let markdown = text(&document);
        let prose = prose(&markdown).collect::<Vec<_>>().join("\n");
        for path in prose.split('`').skip(1).step_by(2).filter(is_path) {
            if !repository(path).exists() {
                missing.push(format!("{document}: {path}"));
            }
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    for document in everything() {
        let markdown = text(&document);
        for link in links(&markdown) {
            if link.contains("://") {
                continue;
            }
            let (path, fragment) = link.split_once('#').unwrap_or((&link, ""));
            let target = match path {
                "" => document.clone(),
                path => {
                    let folder = Path::new(&document).parent().unwrap();
                    folder.join(path).to_str().unwrap().to_string()
                }
            };
            let leads = repository(&target).exists()
                && (fragment.is_empty() || anchors(&text(&target)).contains(&fragment.to_string()));
            if !leads {
                broken.push(format!("{document}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn commands_are_found() {
    let text =
        "```console\n$ a |\n> b\n> c\n$ d\n> e\n```\n$ f\n```\n$ g\n```\n```console\n$ h\n```\n";
    let command = |line: &str, output: &str| Command {
        line: line.to_string(),
        output: output.to_string(),
    };
    let expected = [
        vec![command("a |\nb", "> c\n"), command("d", "> e\n")],
        vec![command("h", "")],
    ];
    assert_eq!(sessions(text), expected);
}

#[test]
fn links_and_anchors_are_found() {
    let text = "# One, `two`\n[a](b.md#c) `[x](y)`\n[d\ne](f)\n```\n[g](h)\n# i\n```\n    [j](k)\n";
    assert_eq!(links(text), ["b.md#c", "f"]);
    assert_eq!(anchors(text), ["one-two"]);
}

/// A new program is complete if it has all that is named here. What the contract wants of it is
/// in `contract`, which finds it by itself.
#[test]
fn every_program_has_all_that_belongs_to_it() {
    let (tests, map) = (text("tests/tests.rs"), text("src/lib.rs"));
    let (readme, changelog) = (text("README.md"), text("CHANGELOG.md"));
    let mut missing = Vec::new();
    for name in sources() {
        let mut expect = |is_there: bool, what: String| {
            if !is_there {
                missing.push(format!("{name}: {what}"));
            }
        };
        let page = format!("docs/programs/{name}.md");
        let has_tests = repository(&format!("tests/{name}.rs")).exists();
        expect(has_tests, format!("tests/{name}.rs, its tests"));
        let module = format!("\nmod {name};\n");
        expect(
            tests.contains(&module),
            format!("mod {name}; in tests/tests.rs"),
        );
        let documented = map.lines().any(|line| {
            let mut words = line.split(|c: char| !c.is_alphanumeric());
            line.trim_start_matches("//!")
                .trim_start()
                .starts_with("- ")
                && words.any(|word| word == name)
        });
        expect(documented, "a line in the map of src/lib.rs".to_string());
        expect(repository(&page).exists(), format!("{page}, its page"));
        let row = format!("| [`{name}`]({page}) |");
        expect(
            readme.contains(&row),
            "a row in the table of README.md".to_string(),
        );
        let entry = format!("- `{name}`: ");
        expect(
            changelog.contains(&entry),
            "an entry in CHANGELOG.md".to_string(),
        );
    }
    assert!(missing.is_empty(), "missing:\n{}", missing.join("\n"));
}

#[test]
fn every_page_of_a_program_has_the_same_sections() {
    let names: Vec<_> = sources()
        .into_iter()
        .map(|name| format!("docs/programs/{name}.md"))
        .collect();
    assert_eq!(markdown("docs/programs"), names);
    for page in names {
        let markdown = text(&page);
        let headings = prose(&markdown).filter_map(|line| line.strip_prefix("## "));
        assert!(headings.eq(SECTIONS), "{page}: sections are {SECTIONS:?}");
        let commands = sessions(&markdown).into_iter().flatten();
        assert!(commands.count() >= 2, "{page} has two commands");
    }
}

/// The title of the page is the first line of the help, and the options of the page are options.
#[test]
fn every_page_of_a_program_agrees_with_its_help() {
    for name in built() {
        let help = |option| String::from_utf8(run(program(&name).arg(option), b"").stdout).unwrap();
        let page = text(&format!("docs/programs/{name}.md"));
        let short = help("-h");
        let about = short.lines().next().unwrap().trim_end_matches('.');
        let title = format!("# {name}: {}{}", about[..1].to_lowercase(), &about[1..]);
        assert_eq!(page.lines().next(), Some(&title[..]));
        let long = help("--help");
        let options: Vec<&str> = long.split([' ', ',', '\n', '[', '=']).collect();
        let (_, section) = page.split_once("\n## Options\n").unwrap();
        let (section, _) = section.split_once("\n## ").unwrap();
        for item in section.lines().filter_map(|line| line.strip_prefix("- `")) {
            let (spans, _) = item
                .split_once("`: ")
                .unwrap_or_else(|| panic!("{name}: {item}"));
            for span in spans.split("`, `") {
                let option = span.split([' ', '[']).next().unwrap();
                assert!(options.contains(&option), "{name} --help lacks {option}");
            }
        }
    }
}
