//! How the programs are linked.

/// Programs that read no network. They start a tenth faster without relocations (docs/build.md);
/// `fetch` and `linkcheck`, which read hostile bytes with crates in C, stay
/// position-independent.
const FIXED: [&str; 12] = [
    "capwords", "converse", "count", "lengths", "links", "lower", "mean", "memo", "sieve", "topn",
    "untag", "words",
];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        for program in FIXED {
            println!("cargo:rustc-link-arg-bin={program}=-no-pie");
        }
    }
}
