//! The site of many kinds of links, with the right answer to each (`scripts/linkcheck.d/kinds.py`).

use crate::process::{self, programs, repository, run};
use std::process::Command;

#[test]
fn every_kind_of_link() {
    if !process::installed("python3", "Python 3") {
        return;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = vec![programs().to_path_buf()];
    folders.extend(std::env::split_paths(&path));
    let mut command = Command::new("python3");
    command
        .arg(repository("scripts/linkcheck.d/kinds.py"))
        .arg("--check")
        .env("PATH", std::env::join_paths(folders).unwrap())
        .env("PYTHONDONTWRITEBYTECODE", "1");
    for proxy in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(proxy);
    }
    let ran = run(&mut command, b"");
    assert_eq!((ran.status, &ran.stderr[..]), (0, ""));
}
