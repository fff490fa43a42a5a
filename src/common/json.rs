//! Objects as lines of JSON (RFC 8259), key by key, for reports.

use std::fmt::Write;

/// One object on its way to being a line.
#[derive(Debug)]
pub struct Line(String);

impl Default for Line {
    fn default() -> Self {
        Line::new()
    }
}

impl Line {
    /// An object of nothing.
    pub fn new() -> Line {
        Line("{".to_string())
    }

    /// Adds a text, or `null`; escaped as RFC 8259, section 7, demands.
    pub fn string(&mut self, key: &str, value: Option<&str>) {
        let Some(value) = value else {
            return self.number(key, None);
        };
        // Writing to a string never fails, here and below.
        let _ = write!(self.0, "\"{key}\":");
        self.quoted(value);
    }

    /// Adds a list of texts.
    #[cfg(feature = "linkcheck")]
    pub fn strings(&mut self, key: &str, values: &[String]) {
        let _ = write!(self.0, "\"{key}\":[");
        for value in values {
            self.quoted(value);
        }
        if !values.is_empty() {
            self.0.pop();
        }
        self.0.push_str("],");
    }

    fn quoted(&mut self, value: &str) {
        let line = &mut self.0;
        line.push('"');
        for c in value.chars() {
            match c {
                '"' | '\\' => line.extend(['\\', c]),
                c if c.is_control() => {
                    let _ = write!(line, "\\u{:04x}", u32::from(c));
                }
                c => line.push(c),
            }
        }
        line.push_str("\",");
    }

    /// Adds a number, or `null`.
    pub fn number(&mut self, key: &str, value: Option<u64>) {
        let _ = match value {
            Some(value) => write!(self.0, "\"{key}\":{value},"),
            None => write!(self.0, "\"{key}\":null,"),
        };
    }

    /// The line, with its newline.
    pub fn end(mut self) -> String {
        if self.0.ends_with(',') {
            self.0.pop();
        }
        self.0.push_str("}\n");
        self.0
    }
}
