//! Which SIMD code is compiled, and how the programs are linked.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=Cargo.toml");
    println!("cargo:rerun-if-env-changed=RUSTC_LINKER");
    choose_simd();
    choose_links();
}

fn is(name: &str, value: &str) -> bool {
    env::var(name).is_ok_and(|found| found == value)
}

/// Sets `cfg(simd)`, and its value, where there is code for the instructions of the processor.
fn choose_simd() {
    println!(r#"cargo:rustc-check-cfg=cfg(simd, values(none(), "x86", "neon"))"#);
    let simd = if env::var_os("CARGO_FEATURE_PORTABLE").is_some() {
        return;
    } else if is("CARGO_CFG_TARGET_ARCH", "x86_64") {
        "x86"
    } else if is("CARGO_CFG_TARGET_ARCH", "aarch64") && is("CARGO_CFG_TARGET_ENDIAN", "little") {
        "neon"
    } else {
        return;
    };
    println!("cargo:rustc-cfg=simd");
    println!("cargo:rustc-cfg=simd=\"{simd}\"");
}

/// Programs that read no network start a tenth faster without relocations
/// (docs/design/build.md). Programs with required features (`fetch`, `linkcheck`, `warc`) read hostile
/// bytes with crates in C, and stay position-independent. A new program is found by the next build
/// from nothing: to watch src/bin would compile the library again after each change there.
fn choose_links() {
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
    if let Some(folder) = static_libgcc() {
        println!("cargo:rustc-link-arg-bins=-L{}", folder.display());
    }
}

/// A folder with a `libgcc_s.so` that links GCC's static libraries in, so that no program loads
/// the shared one; none where the static ones are not installed.
///
/// `std` names the shared library, and GCC's `-static-libgcc` does not change that.
fn static_libgcc() -> Option<PathBuf> {
    let linker = env::var_os("RUSTC_LINKER").unwrap_or("cc".into());
    let asked = Command::new(linker)
        .arg("-print-file-name=libgcc_eh.a")
        .output()
        .ok()?;
    let found = String::from_utf8(asked.stdout).ok()?;
    // Without such a file the bare name is printed.
    if !Path::new(found.trim()).is_absolute() {
        return None;
    }
    let folder = PathBuf::from(env::var_os("OUT_DIR")?);
    fs::write(folder.join("libgcc_s.so"), "GROUP ( -lgcc_eh -lgcc -lc )\n").ok()?;
    Some(folder)
}
