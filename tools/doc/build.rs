//! Makes the option types of all programs modules of this one.

use std::path::Path;
use std::{env, fs};

fn main() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let programs = top.join("src/bin");
    println!("cargo:rerun-if-changed={}", programs.display());
    // The programs are modules here: `process_wide!` places nothing.
    println!("cargo:rustc-cfg=textmill_doc");
    println!("cargo:rustc-check-cfg=cfg(textmill_doc)");
    let mut names: Vec<_> = fs::read_dir(&programs)
        .expect("src/bin can be read")
        .filter_map(|entry| {
            let path = entry.expect("src/bin can be read").path();
            (path.extension()? == "rs").then(|| path.file_stem()?.to_str().map(String::from))?
        })
        .collect();
    names.sort();
    let mut source = String::new();
    for name in &names {
        let path = programs.join(name).with_extension("rs");
        source += &format!("#[path = {path:?}]\nmod {name};\n");
    }
    source += "\npub type Options = fn() -> clap::Command;\n";
    source += "pub const PROGRAMS: &[(&str, Options)] = &[\n";
    for name in &names {
        source +=
            &format!("    ({name:?}, || textmill::cli::command::<{name}::Args>({name:?})),\n");
    }
    source += "];\n";
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("programs.rs"), source).expect("OUT_DIR can be written to");
}
