//! Manuals: the page of a program and its options in, roff out.
//!
//! The sections are those of the page, but for OPTIONS, which has all options. There is no date,
//! so that the same source gives the same bytes.

use crate::names::{Names, PROJECT};
use crate::page::{Block, Page, Span};
use clap::{Arg, Command};
use roff::{Inline, Roff, bold, italic, roman};

/// The version in the footer.
const SOURCE: &str = concat!("textmill ", env!("CARGO_PKG_VERSION"));

/// The manual of a program, for section 1.
pub fn of_program(names: &Names, program: &str) -> Result<String, String> {
    let mut command = names.command(program)?;
    command.build();
    let page = Page::read(&format!("programs/{program}.md"))?;
    let (_, summary) = page
        .title
        .split_once(": ")
        .ok_or("the title is not NAME: SUMMARY")?;
    let name = names.installed(program);
    let mut manual = Manual::new(names, &name, "1", summary);
    manual.heading("SYNOPSIS");
    for block in page.section("Synopsis")? {
        match block {
            Block::Code(lines) => manual.synopsis(lines),
            block => return Err(format!("Synopsis: unexpected {block:?}")),
        }
    }
    manual.heading("DESCRIPTION");
    manual.blocks(page.section("Description")?);
    manual.heading("OPTIONS");
    manual.options(&command, page.section("Options")?);
    for (from, to) in [
        ("Exit status", "EXIT STATUS"),
        ("Examples", "EXAMPLES"),
        ("Limits", "CAVEATS"),
    ] {
        manual.heading(to);
        manual.blocks(page.section(from)?);
    }
    manual.see_also(page.section("See also")?);
    Ok(manual.finish())
}

/// The manual of the whole, for section 7: the contract.
pub fn of_project(names: &Names) -> Result<String, String> {
    let page = Page::read("contract.md")?;
    let summary = "tiny programs for text that flows through pipes";
    let mut manual = Manual::new(names, PROJECT, "7", summary);
    for section in &page.sections {
        let title = match section.title.as_str() {
            "" => "DESCRIPTION".to_string(),
            title => title.to_uppercase(),
        };
        manual.heading(&title);
        manual.blocks(&section.blocks);
    }
    manual.heading("SEE ALSO");
    let programs = names.programs().map(|program| names.installed(program));
    manual.references(programs.map(|name| (name, "1")).collect());
    Ok(manual.finish())
}

struct Manual<'a> {
    names: &'a Names,
    title: String,
    roff: Roff,
}

impl<'a> Manual<'a> {
    fn new(names: &'a Names, name: &str, section: &str, summary: &str) -> Self {
        let mut roff = Roff::new();
        roff.control("SH", ["NAME"]);
        roff.text([roman(format!("{name} - {summary}"))]);
        let title = format!(
            ".TH {} {section} \"\" \"{SOURCE}\" \"textmill\"\n",
            name.to_uppercase()
        );
        Manual { names, title, roff }
    }

    /// The whole manual, with lines of at most 80 bytes.
    fn finish(self) -> String {
        let mut manual = self.title;
        let mut is_example = false;
        for line in self.roff.to_roff().lines() {
            match line {
                ".EX" => is_example = true,
                ".EE" => is_example = false,
                _ => {}
            }
            match is_example || line.starts_with('.') {
                true => manual += line,
                false => wrap(line, &mut manual),
            }
            manual.push('\n');
        }
        manual
    }

    fn heading(&mut self, title: &str) {
        self.roff.control("SH", [title]);
    }

    fn synopsis(&mut self, lines: &str) {
        for (i, line) in lines.lines().enumerate() {
            if i > 0 {
                self.roff.control("br", []);
            }
            let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
            let name = bold(self.names.installed(name));
            self.roff.text([name, roman(format!(" {rest}"))]);
        }
    }

    /// All options: in the words of the page if that has an item for the option alone, and else
    /// in those of the help.
    fn options(&mut self, command: &Command, blocks: &[Block]) {
        let items: Vec<_> = blocks
            .iter()
            .filter_map(|block| match block {
                Block::List(items) => Some(items.iter().filter_map(|item| named(item))),
                _ => None,
            })
            .flatten()
            .collect();
        let options = command.get_arguments();
        for option in options.filter(|option| !option.is_positional() && !option.is_hide_set()) {
            self.roff.control("TP", []);
            self.roff.text(head(option));
            let of_page = items.iter().find(|(options, _)| {
                options.len() == count_of(options, option) && !options.is_empty()
            });
            match of_page {
                Some((_, text)) => self.inside(text),
                None => self.help(option),
            }
        }
        // What belongs to no option.
        for block in blocks {
            match block {
                Block::List(_) => {}
                block => self.block(block),
            }
        }
    }

    fn help(&mut self, option: &Arg) {
        let help = option.get_long_help().or(option.get_help());
        let help = help.map(ToString::to_string).unwrap_or_default();
        for (i, paragraph) in help.split("\n\n").enumerate() {
            if i > 0 {
                self.roff.control("IP", []);
            }
            self.roff.text([roman(paragraph.replace('\n', " "))]);
        }
    }

    fn blocks(&mut self, blocks: &[Block]) {
        let mut is_first = true;
        for block in blocks {
            if !is_first && matches!(block, Block::Paragraph(_) | Block::Code(_)) {
                self.roff.control("PP", []);
            }
            self.block(block);
            // A paragraph after a subheading is the first one, too.
            is_first = matches!(block, Block::Heading(_));
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Paragraph(spans) => self.text(spans),
            Block::Code(code) => self.code(code),
            Block::Heading(title) => {
                self.roff.control("SS", [title.as_str()]);
            }
            Block::List(items) => {
                for item in items {
                    self.roff.control("IP", ["\u{2022}", "2"]);
                    self.inside(item);
                }
            }
            Block::Table(rows) => {
                for row in rows.iter().skip(1) {
                    let [first, rest @ ..] = &row[..] else {
                        continue;
                    };
                    self.roff.control("TP", []);
                    self.text(first);
                    let rest = rest.join(&Span::Text("; ".to_string()));
                    self.text(&rest);
                }
            }
        }
    }

    /// Blocks that are indented below a head or a bullet.
    fn inside(&mut self, blocks: &[Block]) {
        let [first, rest @ ..] = blocks else { return };
        self.block(first);
        for block in rest {
            self.roff.control("RS", []);
            self.block(block);
            self.roff.control("RE", []);
        }
    }

    fn code(&mut self, code: &str) {
        self.roff.control("RS", ["4"]);
        self.roff.control("EX", []);
        for line in self.names.in_code(code).lines() {
            self.roff.text([roman(line)]);
        }
        self.roff.control("EE", []);
        self.roff.control("RE", []);
    }

    fn text(&mut self, spans: &[Span]) {
        let inlines: Vec<Inline> = spans
            .iter()
            .map(|span| match span {
                Span::Text(text) => roman(text),
                Span::Code(code) => bold(self.names.in_code(code)),
                Span::Emphasis(text) => italic(text),
                Span::Link { text, target } => match self.reference(target) {
                    Some((name, section)) if *text == name || target.contains(text.as_str()) => {
                        bold(format!("{name}({section})"))
                    }
                    _ => roman(text),
                },
            })
            .collect();
        self.roff.text(inlines);
    }

    /// The manual that a link to a page leads to.
    fn reference(&self, target: &str) -> Option<(String, &'static str)> {
        let page = target.split('#').next()?.rsplit('/').next()?;
        let name = page.strip_suffix(".md")?;
        match name {
            "contract" => Some((PROJECT.to_string(), "7")),
            name if target.contains("design/") || self.names.command(name).is_err() => None,
            name => Some((self.names.installed(name), "1")),
        }
    }

    fn see_also(&mut self, blocks: &[Block]) {
        let mut manuals = Vec::new();
        for block in blocks {
            if let Block::Paragraph(spans) = block {
                manuals.extend(spans.iter().filter_map(|span| match span {
                    Span::Link { target, .. } => self.reference(target),
                    _ => None,
                }));
            }
        }
        manuals.push((PROJECT.to_string(), "7"));
        self.heading("SEE ALSO");
        self.references(manuals);
    }

    fn references(&mut self, mut manuals: Vec<(String, &'static str)>) {
        manuals.sort_by_key(|(name, section)| (*section, name.clone()));
        manuals.dedup();
        let mut inlines = Vec::new();
        for (i, (name, section)) in manuals.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            inlines.extend([roman(comma), bold(name), roman(format!("({section})"))]);
        }
        self.roff.text(inlines);
    }
}

/// The options that an item of the page is about, and its text; none if it begins otherwise.
fn named(item: &[Block]) -> Option<(Vec<String>, Vec<Block>)> {
    let [Block::Paragraph(spans), rest @ ..] = item else {
        return None;
    };
    let end = spans
        .iter()
        .position(|span| matches!(span, Span::Text(text) if text.starts_with(':')))?;
    let options = spans[..end].iter().filter_map(|span| match span {
        Span::Code(code) => code.split([' ', '=']).next().map(String::from),
        _ => None,
    });
    let options: Vec<_> = options.filter(|option| option.starts_with('-')).collect();
    let mut text = spans[end..].to_vec();
    if let Span::Text(first) = &mut text[0] {
        *first = first[1..].trim_start().to_string();
    }
    let mut blocks = vec![Block::Paragraph(text)];
    blocks.extend_from_slice(rest);
    Some((options, blocks))
}

/// How many of these names are names of this option.
fn count_of(names: &[String], option: &Arg) -> usize {
    let is_name = |name: &&String| {
        let long = option.get_long().map(|long| format!("--{long}"));
        let short = option.get_short().map(|short| format!("-{short}"));
        long.as_ref() == Some(*name) || short.as_ref() == Some(*name)
    };
    names.iter().filter(is_name).count()
}

/// An option with its value: `-S, --buffer-size SIZE`.
fn head(option: &Arg) -> Vec<Inline> {
    let mut inlines = Vec::new();
    if let Some(short) = option.get_short() {
        inlines.push(bold(format!("-{short}")));
    }
    if let Some(long) = option.get_long() {
        if !inlines.is_empty() {
            inlines.push(roman(", "));
        }
        inlines.push(bold(format!("--{long}")));
    }
    if option.get_action().takes_values() {
        let names = option.get_value_names().unwrap_or_default();
        for name in names {
            inlines.push(roman(" "));
            inlines.push(italic(name.as_str()));
        }
    }
    inlines
}

/// Breaks a line of text at blanks.
fn wrap(line: &str, manual: &mut String) {
    const WIDTH: usize = 80;
    // Formatters rewrite a character beyond ASCII as an escape.
    let width_of = |word: &str| -> usize {
        let widths = word.chars().map(|c| if c.is_ascii() { 1 } else { 9 });
        widths.sum()
    };
    let mut width = 0;
    for (i, word) in line.split(' ').enumerate() {
        if i > 0 && !word.is_empty() && width + 1 + width_of(word) > WIDTH {
            manual.push('\n');
            width = 0;
            // Otherwise the line would be a request.
            if word.starts_with(['.', '\'']) {
                *manual += r"\&";
                width = 2;
            }
        } else if i > 0 {
            manual.push(' ');
            width += 1;
        }
        *manual += word;
        width += width_of(word);
    }
}
