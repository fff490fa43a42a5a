//! Programs joined by pipes, and the talk's own answer.

use crate::process::{classic, mixed_text, repository, shell};
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

/// What the talk shows.
const ANSWER: &str = "30 dreamhost\n11 hosting\n10 wordpress\n9 web\n9 we\n";

/// The talk's pipeline, its missing slash mended.
const TALK: &str = r#"perl -ne 'for (/\b[[:upper:]]\w*\b/g) {print "$_\n"}' | tr '[:upper:]' '[:lower:]' | sort | uniq -c | sort -nr | head -5"#;

/// What `uniq -c` pads its counts with does not matter here.
fn without_padding(text: Vec<u8>) -> String {
    let text = String::from_utf8(text).unwrap();
    text.lines()
        .map(|line| format!("{}\n", line.trim_start()))
        .collect()
}

fn page() -> Vec<u8> {
    std::fs::read(repository("tests/data/page.html")).unwrap()
}

#[test]
#[cfg(feature = "net")]
fn the_talks_answer_over_http() {
    let server = crate::server::Server::serving(page());
    let url = server.url("/");
    let ours = format!("fetch {url} | capwords | lower | count | topn 5");
    assert_eq!(String::from_utf8(classic(&ours, b"")).unwrap(), ANSWER);
    let talks = format!("fetch --raw {url} | {TALK}");
    assert_eq!(without_padding(classic(&talks, b"")), ANSWER);
}

/// The script on its own page, in folders whose names mean something in a URL.
#[test]
#[cfg(feature = "net")]
fn the_talks_answer_by_the_script_wherever_it_is() {
    use crate::process::{programs, run};
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    for name in [
        &b"a#b?c%41 d\\e\"f'g:h;i*[j]\n~k"[..],
        "Größe 日本".as_bytes(),
        b"-\xFF\xC3",
    ] {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join(OsStr::from_bytes(name));
        for path in [
            "scripts/wordfreq",
            "scripts/help.bash",
            "tests/data/page.html",
        ] {
            let copy = folder.join(path);
            // Some file systems take no names that are not UTF-8.
            if let Err(error) = std::fs::create_dir_all(copy.parent().unwrap()) {
                assert_eq!(error.raw_os_error(), Some(libc::EILSEQ), "{error}");
                return;
            }
            std::fs::copy(repository(path), copy).unwrap();
        }
        for locale in ["C", "C.UTF-8"] {
            let mut script = shell("scripts/wordfreq");
            script
                .current_dir(&folder)
                .env("LC_ALL", locale)
                .env("TEXTMILL_BIN", programs());
            let ran = run(&mut script, b"");
            assert_eq!((ran.status, &ran.stderr[..]), (0, ""), "{folder:?}");
            assert_eq!(String::from_utf8(ran.stdout).unwrap(), ANSWER);
        }
    }
}

#[test]
fn the_talks_answer_on_the_page() {
    let ours = "capwords | lower | count | topn 5";
    assert_eq!(String::from_utf8(classic(ours, &page())).unwrap(), ANSWER);
    assert_eq!(without_padding(classic(TALK, &page())), ANSWER);
}

#[test]
fn bytewise_as_the_talk_on_any_bytes() {
    // `head` ends early, which ends `sort` by SIGPIPE: a failure with pipefail.
    let talk = TALK.replace("head -5", "sed -n 1,5p");
    let text = mixed_text(1 << 20);
    let ours = classic("capwords --ascii | lower --ascii | count | topn 5", &text);
    assert_eq!(
        String::from_utf8(ours).unwrap(),
        without_padding(classic(&talk, &text))
    );
}

#[test]
fn a_word_comes_through_while_the_input_stays_open() {
    let mut child = shell("capwords | lower")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for (text, word) in [("A b\n", "a\n"), ("c D\n", "d\n")] {
        stdin.write_all(text.as_bytes()).unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, word);
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}
