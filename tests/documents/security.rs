//! docs/security.md: each limit in its table has the value that the sources have, and a test.

use super::text;
use crate::process::repository;

const PAGE: &str = "docs/security.md";

/// A row of the table of limits.
struct Row {
    name: String,
    value: String,
    set_by: String,
    tests: String,
}

fn rows() -> Vec<Row> {
    let page = text(PAGE);
    let lines = page
        .lines()
        .skip_while(|line| !line.starts_with("| limit |"));
    let table = lines.skip(2).take_while(|line| line.starts_with('|'));
    table
        .map(|line| {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            let ["", name, value, set_by, _, tests, ""] = cells[..] else {
                panic!("five cells: {line}");
            };
            let [name, value, set_by, tests] = [name, value, set_by, tests].map(String::from);
            Row {
                name,
                value,
                set_by,
                tests,
            }
        })
        // A heading within the table has a name only.
        .filter(|row| !row.value.is_empty())
        .collect()
}

/// A number with a unit, in bytes, milliseconds or pieces, as documents and options write it.
fn amount(text: &str) -> u64 {
    let is_number = |c: char| c.is_ascii_digit() || c == ',';
    let end = text.find(|c| !is_number(c)).unwrap_or(text.len());
    let number: u64 = text[..end]
        .replace(',', "")
        .parse()
        .unwrap_or_else(|_| panic!("{text}"));
    number
        * match text[end..].trim() {
            "" | "bytes" | "%" | "ms" => 1,
            "K" | "KiB" => 1 << 10,
            "M" | "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            "s" => 1000,
            unit => panic!("{text}: unit {unit}"),
        }
}

/// The value of an expression in the sources, in the same units.
fn evaluated(expression: &str) -> u64 {
    let call = |name| {
        let rest = expression.strip_prefix(name)?;
        Some(amount(rest.strip_prefix('(')?.strip_suffix(')')?))
    };
    if let Some(seconds) = call("Duration::from_secs") {
        return 1000 * seconds;
    }
    if let Some(percent) = call("Size::Percent") {
        return percent;
    }
    if let Some((a, b)) = expression.split_once(" << ") {
        return evaluated(a) << evaluated(b);
    }
    if let Some((a, b)) = expression.split_once(" * ") {
        return evaluated(a) * evaluated(b);
    }
    match expression {
        "stream::BLOCK" => constant("BLOCK", "src/common/stream.rs"),
        number => amount(&number.replace('_', "")),
    }
}

/// The value of a constant in a file. A number of bits stands for a power of two.
fn constant(name: &str, file: &str) -> u64 {
    let source = text(file);
    let found = source.split("const ").skip(1).find_map(|rest| {
        let rest = rest.strip_prefix(name)?;
        let (kind, rest) = rest.split_once("= ")?;
        (kind.starts_with(':') || name.contains(':')).then(|| rest.split(';').next().unwrap())
    });
    let expression = found.unwrap_or_else(|| panic!("{file}: no const {name}"));
    match name.contains("_BITS") {
        true => 1 << evaluated(expression),
        false => evaluated(expression),
    }
}

/// The default of an option of a program.
fn default(program: &str, option: &str) -> Option<String> {
    let source = text(&format!("src/bin/{program}.rs"));
    let field = format!("\n    {}: ", option.replace('-', "_"));
    let (before, _) = source
        .split_once(&field)
        .unwrap_or_else(|| panic!("{program}: no --{option}"));
    let (_, attributes) = before.rsplit_once("#[arg(").unwrap();
    let (_, rest) = attributes.split_once("default_value = \"")?;
    Some(rest.split('"').next().unwrap().to_string())
}

/// Whether `cargo test NAME` runs a test: `module::function`, in the library or in tests/.
fn has_test(name: &str) -> bool {
    let (module, function) = name.rsplit_once("::").unwrap_or_else(|| panic!("{name}"));
    // The module `tests` is a file, or in the file of the module around it.
    let modules = [Some(module), module.strip_suffix("::tests")];
    let files = modules.into_iter().flatten().flat_map(|module| {
        let path = module.replace("::", "/");
        ["src/PATH.rs", "src/PATH/mod.rs", "tests/PATH.rs"].map(|file| file.replace("PATH", &path))
    });
    files.filter(|file| repository(file).exists()).any(|file| {
        let source = text(&file);
        let Some((before, _)) = source.split_once(&format!("fn {function}(")) else {
            return false;
        };
        let ends = ["\n}", "\n    }"].map(|end| before.rfind(end).unwrap_or(0));
        before[ends[0].max(ends[1])..].contains("#[test]")
    })
}

#[test]
fn every_limit_is_that_of_the_sources() {
    let rows = rows();
    assert!(rows.len() >= 40, "{}", rows.len());
    for Row {
        name,
        value,
        set_by,
        ..
    } in rows
    {
        let spans: Vec<_> = set_by.split('`').skip(1).step_by(2).collect();
        match spans[..] {
            [constant_name, file] if file.starts_with("src/") => {
                assert_eq!(amount(&value), constant(constant_name, file), "{name}");
            }
            [option] => {
                let (program, option) = option.split_once(" --").unwrap();
                let default = default(program, option);
                let shown = (value != "none").then(|| amount(&value));
                assert_eq!(shown, default.as_deref().map(amount), "{name}");
            }
            _ => panic!("{name}: set by {set_by}"),
        }
    }
}

/// All tests that the page names, in this table and in the next one.
#[test]
fn every_limit_has_a_test() {
    for Row { name, tests, .. } in rows() {
        assert!(tests.contains("::"), "{name}");
    }
    let page = text(PAGE);
    let spans = page.split('`').skip(1).step_by(2);
    for name in spans.filter(|span| span.contains("::")) {
        assert!(has_test(name), "no test {name}");
    }
    assert!(!has_test("count::no_such_test"));
    assert!(!has_test("documents::security::has_test"));
}

#[test]
fn amounts_have_units() {
    let shown = ["4,096 bytes", "1 MiB", "30 s", "100 ms", "64M", "10s", "20"].map(amount);
    assert_eq!(shown, [4096, 1 << 20, 30_000, 100, 64 << 20, 10_000, 20]);
    let expressions = [
        "1 << 20",
        "4 * stream::BLOCK",
        "Duration::from_secs(60)",
        "20_000",
    ];
    assert_eq!(
        expressions.map(evaluated),
        [1 << 20, 512 << 10, 60_000, 20_000]
    );
}
