//! How the programs are linked.

use std::fs;

/// Programs that read no network start a tenth faster without relocations
/// (docs/design/build.md). Programs with required features (`fetch`, `linkcheck`) read hostile
/// bytes with crates in C, and stay position-independent. A new program is found by the next build
/// from nothing: to watch src/bin would compile the library again after each change there.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=Cargo.toml");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") {
        return;
    }
    let manifest = fs::read_to_string("Cargo.toml").expect("Cargo.toml can be read");
    // The first string of each [[bin]] is its name.
    let bins = manifest.split("[[bin]]").skip(1);
    let network: Vec<_> = bins.filter_map(|text| text.split('"').nth(1)).collect();
    for entry in fs::read_dir("src/bin").expect("src/bin can be read") {
        let path = entry.expect("src/bin can be read").path();
        let program = path.file_stem().and_then(|name| name.to_str());
        let program = program.expect("a program has a name");
        if !network.contains(&program) {
            println!("cargo:rustc-link-arg-bin={program}=-no-pie");
        }
    }
}
