//! docs/recipes.md: each recipe is in the contents, shows its output, and works for readers with other settings
//! and other files.

use super::{Setting, anchors, links, prose, run_sessions, sessions, site, text};
use crate::process::{repository, run, shell, skipped};
use std::process::Command;

pub const PAGE: &str = "docs/recipes.md";

/// The setting that the page names.
const SETTING: Setting = Setting {
    start: "set -o pipefail",
    locale: None,
    empty: false,
};

/// The sections of the page that are recipes: those below a heading of the third level.
fn recipes() -> Vec<(String, String)> {
    let page = text(PAGE);
    let parts = page.split("\n### ").skip(1);
    parts
        .map(|part| {
            let part = part.split("\n## ").next().unwrap();
            let (title, rest) = part.split_once('\n').unwrap();
            (title.to_string(), rest.to_string())
        })
        .collect()
}

#[test]
fn every_recipe_has_a_question_and_an_answer() {
    let recipes = recipes();
    assert!(recipes.len() >= 25, "{}", recipes.len());
    let listed = links(&text(PAGE));
    for (title, recipe) in recipes {
        assert!(title.contains('?'), "{title}");
        let anchor = anchors(&format!("### {title}"));
        assert!(
            listed.contains(&format!("#{}", anchor[0])),
            "{title} is not in the contents"
        );
        let commands = sessions(&recipe).into_iter().flatten();
        let shown = commands.filter(|command| !command.output.is_empty());
        assert!(shown.count() > 0, "{title} shows no output");
        assert!(
            prose(&recipe).any(|line| !line.is_empty()),
            "{title} says nothing"
        );
    }
}

/// `count` writes in the order of bytes.
#[test]
fn what_needs_an_order_names_its_locale() {
    for command in sessions(&text(PAGE)).into_iter().flatten() {
        let words: Vec<_> = command.line.split_whitespace().collect();
        for pair in words.windows(2) {
            let needs = ["sort", "join", "comm"].contains(&pair[1]);
            assert!(!needs || pair[0] == "LC_ALL=C", "{}", command.line);
        }
    }
}

/// The commands that fail, or print something else than the page shows.
fn failed(setting: Setting) -> Vec<String> {
    let mut failed = Vec::new();
    run_sessions(PAGE, &site(), setting, |ended| {
        if ended.status != 0 || ended.printed != ended.command.output {
            let (line, printed, status) = (&ended.command.line, ended.printed, ended.status);
            failed.push(format!("$ {line}\n{printed}status {status}"));
        }
    });
    failed
}

#[test]
fn every_recipe_succeeds() {
    let failed = failed(SETTING);
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}

#[test]
fn every_recipe_succeeds_in_a_locale_that_sorts_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let mut localedef = Command::new("localedef");
    localedef.args(["-i", "en_US", "-f", "UTF-8"]);
    localedef.arg(folder.path().join("en_US.UTF-8"));
    if !localedef
        .output()
        .is_ok_and(|output| output.status.success())
    {
        return skipped("localedef cannot make en_US.UTF-8");
    }
    let locale = folder.path();
    let mut sort = shell("printf 'B\\na\\n' | sort");
    sort.env("LOCPATH", locale).env("LC_ALL", "en_US.UTF-8");
    assert_eq!(run(&mut sort, b"").stdout, b"a\nB\n");
    let failed = failed(Setting {
        locale: Some(locale),
        ..SETTING
    });
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}

/// An empty log, a table without rows: only the mean of no numbers is an error.
#[test]
fn every_recipe_succeeds_on_empty_files() {
    let mut failed = Vec::new();
    let setting = Setting {
        empty: true,
        ..SETTING
    };
    run_sessions(PAGE, &site(), setting, |ended| {
        let line = &ended.command.line;
        if ended.status != i32::from(line.contains("mean ")) {
            failed.push(format!(
                "$ {line}\n{}status {}",
                ended.printed, ended.status
            ));
        }
    });
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}

/// The samples that are described exist, and the other way round.
#[test]
fn every_sample_is_used() {
    let page = text(PAGE);
    for name in [
        "shop.log",
        "app.log",
        "api.jsonl",
        "orders.csv",
        "build.log",
        "texts",
    ] {
        let path = format!("tests/data/{name}");
        assert!(repository(&path).exists() && page.contains(&path), "{path}");
    }
}
