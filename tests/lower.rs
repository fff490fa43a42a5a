//! `lower` as a process.

use crate::process::{classic, filter, mixed_text};

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

#[test]
fn ascii_has_no_folding() {
    let ran = crate::process::run(
        crate::process::program("lower").args(["--ascii", "--fold"]),
        b"",
    );
    assert_eq!(ran.status, 2);
}
