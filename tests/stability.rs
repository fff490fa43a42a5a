//! What docs/stability.md promises for all versions 1.x.

use crate::process::{program, programs, repository, run};
#[cfg(feature = "net")]
use crate::server::{Server, Step, page, redirect, status};
use std::collections::BTreeSet;
use std::fs;

/// The options of all programs, as in `count --merge`. A name that was here once stays here.
const OPTIONS: &str = "tests/data/options.txt";

/// The options that a program has, as its help lists them.
fn options(name: &str) -> Vec<String> {
    let help = run(program(name).arg("--help"), b"");
    let help = String::from_utf8(help.stdout).unwrap();
    let mut found = Vec::new();
    for line in help.lines() {
        // "  -z, --zero-terminated" or "      --tab"; explanations are indented further.
        let indent = line.len() - line.trim_start().len();
        if line.trim_start().starts_with('-') && (2..=6).contains(&indent) {
            let names = line
                .split([' ', ',', '[', '='])
                .filter(|word| word.starts_with('-'));
            found.extend(names.map(|option| format!("{name} {option}")));
        }
    }
    assert!(found.len() >= 2, "{name}: {help}");
    found
}

/// With UPDATE=1, the test adds new options to the list. Nothing removes one.
#[test]
fn options_stay() {
    let sources = fs::read_dir(repository("src/bin")).unwrap();
    let names = sources.map(|entry| entry.unwrap().path().file_stem().unwrap().to_owned());
    let names: BTreeSet<String> = names.map(|name| name.into_string().unwrap()).collect();
    let built: BTreeSet<String> = names
        .into_iter()
        .filter(|name| programs().join(name).exists())
        .collect();
    let now: BTreeSet<String> = built.iter().flat_map(|name| options(name)).collect();

    let listed = fs::read_to_string(repository(OPTIONS)).unwrap_or_default();
    let promised: BTreeSet<String> = listed.lines().map(str::to_string).collect();
    let is_built = |option: &&String| built.contains(option.split(' ').next().unwrap());
    let missing: Vec<_> = promised.difference(&now).filter(is_built).collect();
    assert!(
        missing.is_empty(),
        "options of {OPTIONS} that no program has: {missing:?}"
    );

    let new: Vec<_> = now.difference(&promised).collect();
    if std::env::var_os("UPDATE").is_some() {
        let all: Vec<_> = promised.union(&now).map(String::as_str).collect();
        fs::write(repository(OPTIONS), all.join("\n") + "\n").unwrap();
    } else {
        assert!(
            new.is_empty(),
            "not in {OPTIONS} (set UPDATE=1 to add them): {new:?}"
        );
    }
}

/// The names in the one object of JSON on a line.
#[cfg(feature = "net")]
fn names(line: &[u8]) -> Vec<String> {
    let object: serde_json::Value = serde_json::from_slice(line).unwrap();
    object.as_object().unwrap().keys().cloned().collect()
}

#[cfg(feature = "net")]
fn assert_all(promised: &[&str], found: &[String]) {
    for name in promised {
        assert!(
            found.iter().any(|found| found == name),
            "{name} is not in {found:?}"
        );
    }
}

#[test]
#[cfg(feature = "net")]
fn fields_and_words_of_reports_stay() {
    let fields = "url final_url status type wire_bytes out_bytes retries ms sha256 error message";
    let words = "url file dns connect tls timeout protocol status not-modified redirect truncated changed \
        encoding too-large interrupted";
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    fs::write(&page, "<a href=gone.html>x</a>").unwrap();
    let [output, report] = ["output", "report"].map(|name| folder.path().join(name));
    let mut fetch = program("fetch");
    fetch
        .arg("-o")
        .arg(&output)
        .arg("--report")
        .arg(&report)
        .arg(format!("file://{}", page.display()));
    assert_eq!(run(&mut fetch, b"").status, 0);
    let split = |text: &'static str| text.split_whitespace().collect::<Vec<_>>();
    assert_all(&split(fields), &names(&fs::read(&report).unwrap()));
    let known = textmill::web::fetch::WORDS.iter();
    assert_all(
        &split(words),
        &known.map(|(word, _)| word.to_string()).collect::<Vec<_>>(),
    );

    let linkcheck = |format: &str| {
        let mut command = program("linkcheck");
        run(
            command.args(["-q", "--format", format]).arg(folder.path()),
            b"",
        )
        .stdout
    };
    let fields = split("kind source url error cause status line");
    assert_all(&fields, &names(&linkcheck("jsonl")));
    let tsv = String::from_utf8(linkcheck("tsv")).unwrap();
    let columns: Vec<_> = tsv.trim_end().split('\t').collect();
    assert_eq!(
        (columns.len(), columns[0], columns[3], columns[5]),
        (6, "broken", "file", "1")
    );
}

/// A link for each kind, and for each word that only `linkcheck` has.
#[test]
#[cfg(feature = "net")]
fn kinds_and_words_of_linkcheck_stay() {
    let links = "<a href=gone>.</a><a href='#gone'>.</a><a href=http://named.example/there>.</a>\
        <a href=moved>.</a><a href='http://['>.</a><img src=''><a href=mailto:x@example.org>.</a>\
        <a href=text.txt>.</a><a href=private>.</a><a href=loop>.</a>";
    let html = |body: &str| page(&["Content-Type: text/html"], body.as_bytes());
    let server = Server::start(move |request| {
        vec![Step::send(match &request.path[..] {
            "/" => html(links),
            "/there" | "/private" => html(""),
            "/moved" => redirect("/there"),
            "/loop" => redirect("/loop"),
            "/text.txt" => page(&["Content-Type: text/plain"], b"text"),
            "/robots.txt" => page(&[], b"User-agent: *\nDisallow: /private\n"),
            _ => status("404 Not Found"),
        })]
    });
    let (_, config) = crate::fetch::certificate("127.0.0.1", 2020);
    let tls = Server::tls(config, |_| vec![Step::send(page(&[], b""))]);
    let mut linkcheck = program("linkcheck");
    linkcheck
        .args(["-q", "-v", "-k", "--redirects", "--warnings", "--robots"])
        .args(["--require-https", "--format=jsonl"])
        .arg(format!("--remap=http://named.example={}", server.url("")))
        .arg(format!("--remap=https://named.example={}", tls.url("")))
        .arg(server.url("/"))
        .env_clear();
    let lines = String::from_utf8(run(&mut linkcheck, b"").stdout).unwrap();
    let found = |name: &str| {
        let objects = crate::process::json_lines(lines.lines());
        let words = objects.iter().filter_map(|object| object[name].as_str());
        words.map(str::to_string).collect::<BTreeSet<_>>()
    };
    let promised = |words: &str| {
        words
            .split(' ')
            .map(str::to_string)
            .collect::<BTreeSet<_>>()
    };
    let kinds = "broken redirected warning not-http not-html disallowed";
    assert_eq!(found("kind"), promised(kinds), "{lines}");
    let words = "status fragment https url redirect";
    assert_eq!(found("error"), promised(words), "{lines}");
}
