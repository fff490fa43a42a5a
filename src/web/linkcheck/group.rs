//! Joins the findings of one target to one entry, with the pages that have the link.
//!
//! Cost: findings are kept until the end, with the first [`MAX_PAGES`] pages of each
//! target.

use super::finding::{Finding, Format, Row};
use super::folder::Folder;
use crate::common::json;
use std::collections::HashMap;

/// How many pages an entry names. The others are counted.
const MAX_PAGES: usize = 10;

/// The findings so far.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// The index of each entry, by its kind, URL and cause.
    numbers: HashMap<[String; 3], usize>,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    row: Row,
    pages: Vec<String>,
    count: u64,
}

impl Groups {
    /// Adds a finding. One without a page is returned.
    pub(super) fn add(&mut self, finding: Finding, folders: &[Folder]) -> Option<Finding> {
        let mut row = finding.row(folders);
        let Some(page) = row.source.take() else {
            return Some(finding);
        };
        // Each page has its own line.
        row.line = None;
        let key = [
            row.kind.to_string(),
            row.url.clone(),
            row.cause.clone().unwrap_or_default(),
        ];
        let number = *self.numbers.entry(key).or_insert(self.entries.len());
        if number == self.entries.len() {
            let (pages, count) = (Vec::new(), 0);
            self.entries.push(Entry { row, pages, count });
        }
        let entry = &mut self.entries[number];
        entry.count += 1;
        if entry.pages.len() < MAX_PAGES {
            entry.pages.push(page);
        }
        None
    }

    /// All entries, in the order of their first finding.
    pub(super) fn lines(&mut self, format: Format) -> String {
        self.numbers.clear();
        let entries = std::mem::take(&mut self.entries);
        entries.iter().map(|entry| entry.lines(format)).collect()
    }
}

impl Entry {
    fn lines(&self, format: Format) -> String {
        let Entry { row, pages, count } = self;
        let others = count - pages.len() as u64;
        match format {
            Format::Text => {
                let mut lines = format!("{} {}:\n", row.about(), number_of_pages(*count));
                for page in pages {
                    lines.push_str(&format!("  {page}\n"));
                }
                if others > 0 {
                    lines.push_str(&format!("  and {others} more\n"));
                }
                lines
            }
            Format::Tsv => {
                let mut row = row.clone();
                row.source = Some(pages.join(" "));
                format!("{}\t{count}\n", row.columns())
            }
            Format::Jsonl => {
                let mut line = json::Line::new();
                line.string("kind", Some(row.kind));
                line.strings("sources", pages);
                line.number("pages", Some(*count));
                row.members(&mut line);
                line.end()
            }
            Format::Github => {
                let more = match others {
                    0 => String::new(),
                    others => format!(" and {others} more"),
                };
                let pages = pages.join(" ");
                row.annotation(&format!(
                    "{} {}: {pages}{more}",
                    row.about(),
                    number_of_pages(*count)
                ))
            }
        }
    }
}

fn number_of_pages(count: u64) -> String {
    match count {
        1 => "on 1 page".to_string(),
        count => format!("on {count} pages"),
    }
}
