//! The scripts: their help, what they need, the figures of README.md and the words
//! of the documents.

use crate::process::{Ran, argument, programs, repository, run};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

/// The scripts that people call, by name.
fn scripts() -> Vec<String> {
    let entries = fs::read_dir(repository("scripts")).unwrap();
    let entries = entries.map(|entry| entry.unwrap());
    let mut names: Vec<String> = entries
        .filter(|entry| {
            let kind = entry.metadata().unwrap();
            kind.is_file() && kind.permissions().mode() & 0o111 != 0
        })
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn script(name: &str) -> Command {
    Command::new(repository("scripts").join(name))
}

#[test]
fn every_script_explains_itself() {
    assert!(scripts().len() > 10);
    for name in scripts() {
        let text = fs::read_to_string(repository("scripts").join(&name)).unwrap();
        if text.starts_with("#!/usr/bin/env python3")
            && !crate::process::installed("python3", "Python 3")
        {
            continue;
        }
        // From another folder than the top, by a relative path.
        let mut relative = Command::new(Path::new(".").join(&name));
        relative.current_dir(repository("scripts"));
        let ran = run(relative.arg("--help"), b"");
        let help = String::from_utf8(ran.stdout).unwrap();
        assert_eq!((ran.status, &ran.stderr[..]), (0, ""), "{name} --help");
        assert!(
            help.contains(&name) && help.lines().count() > 2,
            "{name} --help:\n{help}"
        );
        let mut wrong = script(&name);
        wrong.arg("--no-such-option");
        if name == "wordfreq-spark" {
            // It names first what is not there.
            wrong.arg("FILE");
        }
        let ran = run(&mut wrong, b"");
        assert_eq!(
            (ran.status, ran.stdout.len()),
            (2, 0),
            "{name}: {}",
            ran.stderr
        );
        assert!(
            ran.stderr.contains("--no-such-option"),
            "{name}: {}",
            ran.stderr
        );
    }
}

#[test]
fn the_figures_of_the_readme_are_those_that_were_measured() {
    let ran = run(script("figures").arg("--check"), b"");
    assert_eq!((ran.status, &ran.stderr[..]), (0, ""));
    assert_eq!(ran.stdout, b"");
}

/// The pieces of `scripts/bench` that measure nothing: results of several machines, the report, arguments.
#[test]
fn the_report_of_the_benchmark_keeps_all_machines() {
    if !crate::process::installed("python3", "Python 3") {
        return;
    }
    let mut python = Command::new("python3");
    python.args(["-B", "-m", "unittest", "test_bench"]);
    python.current_dir(repository("scripts/bench.d"));
    let ran = run(&mut python, b"");
    assert_eq!(ran.status, 0, "{}", ran.stderr);
}

#[test]
fn the_words_of_the_documents_are_plain() {
    let ran = run(&mut script("check-prose"), b"");
    assert_eq!(
        (ran.status, String::from_utf8(ran.stdout).unwrap()),
        (0, String::new())
    );
    assert_eq!(ran.stderr, "");

    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let ran = run(script("check-prose").arg(&path), b"");
        let found = String::from_utf8(ran.stdout).unwrap();
        assert_eq!(ran.status, i32::from(!found.is_empty()), "{}", ran.stderr);
        found.replace(argument(&path), name)
    };
    let text =
        "It waits for\never.\n\nWhat is read, is read. `nobody`, \"nobody\"\n\n```\nnobody\n```\n";
    assert_eq!(
        check("a.md", text),
        "a.md:1: for ever: without limit, indefinitely\n\
         a.md:4: What is: begin with the subject: `X that is ...`\n"
    );
    let program = "//! Nobody.\n/// Print nothing.\n///\n/// Nobody reads.\n#[derive(Parser)]\n\
                   #[command(after_help = \"Cost:\\nnobody knows\")]\nstruct Args {\n    \
                   // nobody\n    nobody: bool,\n}\n\n/// Nobody.\nfn main() {}\n";
    let hint = "say what does not happen to what";
    assert_eq!(
        check("b.rs", program),
        format!("b.rs:4: Nobody: {hint}\nb.rs:6: nobody: {hint}\n")
    );
}

/// A machine on which nothing is installed but some basic tools, and what is put there.
struct Bare(tempfile::TempDir);

impl Bare {
    fn new(tools: &[&str]) -> Bare {
        let bare = Bare(tempfile::tempdir().unwrap());
        for tool in [
            "bash", "sed", "grep", "mktemp", "rm", "tail", "cat", "find", "dirname", "env",
        ] {
            bare.link(tool);
        }
        tools.iter().for_each(|tool| bare.link(tool));
        bare
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }

    /// A tool of this machine.
    fn link(&self, tool: &str) {
        let path = std::env::var_os("PATH").unwrap();
        let found = std::env::split_paths(&path).map(|folder| folder.join(tool));
        let found = found.into_iter().find(|path| path.exists()).unwrap();
        symlink(found, self.folder().join(tool)).unwrap();
    }

    /// A tool that does this.
    fn write(&self, tool: &str, line: &str) {
        let path = self.folder().join(tool);
        fs::write(&path, format!("#!/usr/bin/env bash\n{line}\n")).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }

    /// Rust, which builds nothing: the programs are there.
    fn write_rust(&self, version: &str) {
        let executable = programs().join("fetch");
        self.write(
            "cargo",
            &format!("echo '{{\"executable\":\"{}\"}}'", argument(&executable)),
        );
        self.write(
            "rustc",
            &format!("echo 'rustc {version} (0000 2026-01-01)'"),
        );
    }

    fn wordfreq(&self) -> Ran {
        let mut command = script("wordfreq");
        command.env_clear().env("PATH", self.folder());
        // Any file will do for the authorities' certificates.
        command.env("SSL_CERT_FILE", repository("Cargo.toml"));
        // Nothing is built yet, whatever is in the repository's own folder.
        command.env("CARGO_TARGET_DIR", self.folder().join("target"));
        run(&mut command, b"")
    }
}

#[test]
fn what_is_missing_is_named_before_anything_is_built() {
    let bare = Bare::new(&[]);
    let refused = |expected: &str| {
        let ran = bare.wordfreq();
        assert_eq!(
            (ran.status, &ran.stdout[..]),
            (1, &b""[..]),
            "{}",
            ran.stderr
        );
        assert_eq!(
            ran.stderr,
            format!("scripts/wordfreq: not found: {expected}\n")
        );
    };
    let sudo = match rustix::process::geteuid().is_root() {
        true => "",
        false => "sudo ",
    };
    let rust = format!("Rust {} or newer", env!("CARGO_PKG_RUST_VERSION"));
    let c = "a C compiler with the C library's headers";
    let rustup = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh";
    refused(&format!(
        "{rust} and {c}; to install: {rustup} and your system's package manager: gcc"
    ));
    bare.write("dnf", "exit 9");
    refused(&format!(
        "{rust} and {c}; to install: {rustup} && {sudo}dnf install gcc glibc-devel"
    ));
    bare.write_rust("1.60.0");
    bare.write("cc", "exit 0");
    refused(&format!("{rust}; to install: {rustup}"));
    bare.write_rust("1.100.0-nightly");
    // It does not compile.
    bare.write("cc", "exit 1");
    refused(&format!(
        "{c}; to install: {sudo}dnf install gcc glibc-devel"
    ));
}

#[test]
#[cfg(feature = "net")]
fn what_is_missing_is_installed_where_that_is_possible() {
    let bare = Bare::new(&[]);
    bare.write_rust("1.99.0");
    let cc = bare.folder().join("cc");
    let cc = argument(&cc);
    // Who is not root needs a sudo that asks for nothing.
    bare.write("sudo", "[[ $1 == -n ]] && shift && exec \"$@\"");
    bare.link("chmod");
    let make = format!(
        "case $* in\n*gcc*libc6-dev*) printf '#!/usr/bin/env bash\\n' >'{cc}' && chmod +x '{cc}' ;;\nesac"
    );
    bare.write("apt-get", &make);
    let ran = bare.wordfreq();
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with(b"30 dreamhost\n"));
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(
        lines[0],
        "scripts/wordfreq: installing a C compiler with the C library's headers (apt-get install gcc libc6-dev)"
    );
    assert!(lines[1].starts_with("scripts/wordfreq: building fetch capwords lower count topn ("));
    assert_eq!(lines.len(), 2);

    // It is there now.
    let ran = bare.wordfreq();
    assert_eq!(
        (ran.status, ran.stderr.lines().count()),
        (0, 1),
        "{}",
        ran.stderr
    );

    fs::remove_file(cc).unwrap();
    bare.write(
        "apt-get",
        "echo 'E: Unable to locate package gcc' >&2; exit 100",
    );
    let ran = bare.wordfreq();
    assert_eq!((ran.status, ran.stdout.len()), (1, 0));
    let last = ran.stderr.lines().last().unwrap();
    assert_eq!(
        last,
        "scripts/wordfreq: apt-get: E: Unable to locate package gcc"
    );
}
