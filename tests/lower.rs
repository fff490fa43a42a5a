//! `lower` as a process.

use crate::process::{classic, filter, installed, mixed_text, program, run};
use std::process::Command;

#[test]
fn as_std_has_it_for_the_whole_text() {
    let text = String::from_utf8_lossy(&mixed_text(1 << 20)).into_owned();
    assert!(filter("lower", &[], text.as_bytes()) == text.to_lowercase().into_bytes());
}

#[test]
fn bytewise_as_tr_has_it() {
    let text = mixed_text(1 << 20);
    assert!(filter("lower", &["--ascii"], &text) == classic("tr A-Z a-z", &text));
}

#[test]
fn folding_and_normalizing_make_words_one() {
    let text = "STRASSE Straße ΟΔΟΣ οδος É e\u{301}\n".as_bytes();
    let folded = filter("lower", &["--fold", "--nfc"], text);
    assert_eq!(
        String::from_utf8(folded).unwrap(),
        "strasse strasse οδοσ οδοσ é é\n"
    );
    let normal = filter("lower", &["--nfc"], text);
    assert_eq!(
        String::from_utf8(normal).unwrap(),
        "strasse straße οδος οδος é é\n"
    );
}

/// The text in lower case, in a form: NFC or NFKC, with marks or without.
const PYTHON: &str = r#"
import sys, unicodedata as u
form, without_marks = sys.argv[1:]
def normal(text):
    text = u.normalize(form.replace("C", "D"), text)
    if without_marks == "True":
        text = "".join(c for c in text if not (10 <= u.combining(c) <= 36 or u.combining(c) >= 200))
    return u.normalize("NFC", text)
text = sys.stdin.buffer.read().decode()
sys.stdout.buffer.write(normal(normal(text).lower()).encode())
"#;

#[test]
fn forms_as_python_has_them() {
    if !installed("python3", "Python 3") {
        return;
    }
    let text = String::from_utf8_lossy(&mixed_text(1 << 18)).replace("The ", "ＡﬁÅﾊﾟ각й ");
    for (options, form, without_marks) in [
        (&["--nfkc"][..], "NFKC", "False"),
        (&["--no-marks"], "NFC", "True"),
        (&["--no-marks", "--nfkc"], "NFKC", "True"),
    ] {
        let mut python = Command::new("python3");
        python.args(["-c", PYTHON, form, without_marks]);
        let expected = run(&mut python, text.as_bytes());
        assert_eq!((expected.status, &expected.stderr[..]), (0, ""));
        let own = filter("lower", options, text.as_bytes());
        assert!(own == expected.stdout, "{options:?}");
    }
}

#[test]
fn forms_combine() {
    let text = "ＳTRAßE É ½ ΟΔΟΣ\n".as_bytes();
    for (options, expected) in [
        (&["--nfkc"][..], "straße é 1⁄2 οδος\n"),
        (&["--nfc", "--nfkc"], "straße é 1⁄2 οδος\n"),
        (&["--no-marks"], "ｓtraße e ½ οδος\n"),
        (&["--nfc", "--no-marks"], "ｓtraße e ½ οδος\n"),
        (&["--fold", "--nfkc"], "strasse é 1⁄2 οδοσ\n"),
        (&["--fold", "--nfkc", "--no-marks"], "strasse e 1⁄2 οδοσ\n"),
    ] {
        let lower = String::from_utf8(filter("lower", options, text)).unwrap();
        assert_eq!(lower, expected, "{options:?}");
    }
}

#[test]
fn ascii_is_bytes_only() {
    for other in ["--fold", "--nfc", "--nfkc", "--no-marks"] {
        let ran = run(program("lower").args(["--ascii", other]), b"");
        assert_eq!(ran.status, 2, "{other}");
    }
}
