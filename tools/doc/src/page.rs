//! A page of docs: Markdown in, sections of blocks out.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use std::path::Path;
use std::{env, fs};

/// A page: its title, and its sections in order.
pub struct Page {
    pub title: String,
    pub sections: Vec<Section>,
}

/// The title of a section; the part before the first one has none.
pub struct Section {
    pub title: String,
    pub blocks: Vec<Block>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    Paragraph(Vec<Span>),
    List(Vec<Vec<Block>>),
    /// Lines as they are.
    Code(String),
    /// Rows of cells; the first one is the head.
    Table(Vec<Vec<Vec<Span>>>),
    Heading(String),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Span {
    Text(String),
    Code(String),
    Emphasis(String),
    Link { text: String, target: String },
}

impl Page {
    /// Reads a page below the folder docs.
    pub fn read(name: &str) -> Result<Page, String> {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        let text = fs::read_to_string(docs.join(name));
        Page::parse(&text.map_err(|error| format!("docs/{name}: {error}"))?)
            .map_err(|cause| format!("docs/{name}: {cause}"))
    }

    fn parse(text: &str) -> Result<Page, String> {
        let mut reader = Reader {
            events: Parser::new_ext(text, Options::ENABLE_TABLES),
        };
        let mut title = String::new();
        let mut sections = vec![Section {
            title: String::new(),
            blocks: Vec::new(),
        }];
        while let Some(event) = reader.events.next() {
            match event {
                Event::Start(Tag::Heading { level, .. }) => {
                    let heading = plain(&reader.spans(&TagEnd::Heading(level))?);
                    match level {
                        HeadingLevel::H1 => title = heading,
                        HeadingLevel::H2 => sections.push(Section {
                            title: heading,
                            blocks: Vec::new(),
                        }),
                        _ => sections
                            .last_mut()
                            .expect("there is one")
                            .blocks
                            .push(Block::Heading(heading)),
                    }
                }
                event => {
                    let block = reader.block(event)?;
                    sections
                        .last_mut()
                        .expect("there is one")
                        .blocks
                        .push(block);
                }
            }
        }
        Ok(Page { title, sections })
    }

    /// The blocks of a section.
    pub fn section(&self, title: &str) -> Result<&[Block], String> {
        let section = self.sections.iter().find(|section| section.title == title);
        let section = section.ok_or_else(|| format!("{}: no section {title}", self.title))?;
        Ok(&section.blocks)
    }
}

struct Reader<'a> {
    events: Parser<'a>,
}

impl Reader<'_> {
    fn next(&mut self) -> Result<Event<'_>, String> {
        self.events
            .next()
            .ok_or_else(|| "unexpected end".to_string())
    }

    /// The block that begins with this event.
    fn block(&mut self, event: Event) -> Result<Block, String> {
        match event {
            Event::Start(Tag::Paragraph) => Ok(Block::Paragraph(self.spans(&TagEnd::Paragraph)?)),
            Event::Start(Tag::CodeBlock(_)) => {
                let mut code = String::new();
                loop {
                    match self.next()? {
                        Event::Text(text) => code += &text,
                        Event::End(TagEnd::CodeBlock) => return Ok(Block::Code(code)),
                        event => return Err(format!("unexpected {event:?}")),
                    }
                }
            }
            Event::Start(Tag::List(first)) => {
                let end = TagEnd::List(first.is_some());
                let mut items = Vec::new();
                loop {
                    match self.next()?.into_static() {
                        Event::Start(Tag::Item) => items.push(self.item()?),
                        Event::End(found) if found == end => return Ok(Block::List(items)),
                        event => return Err(format!("unexpected {event:?}")),
                    }
                }
            }
            Event::Start(Tag::Table(_)) => self.table(),
            event => Err(format!("unexpected {event:?}")),
        }
    }

    /// The blocks of a list item. In a list without blank lines its text is not in a paragraph.
    fn item(&mut self) -> Result<Vec<Block>, String> {
        let mut blocks = Vec::new();
        let mut spans = Vec::new();
        loop {
            let event = self.next()?.into_static();
            let ends_text = matches!(
                event,
                Event::End(TagEnd::Item)
                    | Event::Start(
                        Tag::Paragraph | Tag::List(_) | Tag::CodeBlock(_) | Tag::Table(_)
                    )
            );
            if ends_text && !spans.is_empty() {
                blocks.push(Block::Paragraph(std::mem::take(&mut spans)));
            }
            match event {
                Event::End(TagEnd::Item) => return Ok(blocks),
                event if ends_text => blocks.push(self.block(event)?),
                event => self.span(event, &mut spans)?,
            }
        }
    }

    fn table(&mut self) -> Result<Block, String> {
        let mut rows: Vec<Vec<Vec<Span>>> = Vec::new();
        loop {
            match self.next()?.into_static() {
                Event::Start(Tag::TableHead | Tag::TableRow) => rows.push(Vec::new()),
                Event::Start(Tag::TableCell) => {
                    let cell = self.spans(&TagEnd::TableCell)?;
                    rows.last_mut().ok_or("a cell without a row")?.push(cell);
                }
                Event::End(TagEnd::Table) => return Ok(Block::Table(rows)),
                Event::End(TagEnd::TableHead | TagEnd::TableRow) => {}
                event => return Err(format!("unexpected {event:?}")),
            }
        }
    }

    /// The spans up to this end.
    fn spans(&mut self, end: &TagEnd) -> Result<Vec<Span>, String> {
        let mut spans = Vec::new();
        loop {
            match self.next()?.into_static() {
                Event::End(found) if found == *end => return Ok(spans),
                event => self.span(event, &mut spans)?,
            }
        }
    }

    fn span(&mut self, event: Event, spans: &mut Vec<Span>) -> Result<(), String> {
        spans.push(match event {
            Event::Text(text) => Span::Text(text.to_string()),
            Event::Code(code) => Span::Code(code.to_string()),
            Event::SoftBreak => Span::Text(" ".to_string()),
            Event::Start(Tag::Emphasis) => Span::Emphasis(plain(&self.spans(&TagEnd::Emphasis)?)),
            Event::Start(Tag::Strong) => Span::Emphasis(plain(&self.spans(&TagEnd::Strong)?)),
            Event::Start(Tag::Link { dest_url, .. }) => Span::Link {
                text: plain(&self.spans(&TagEnd::Link)?),
                target: dest_url.to_string(),
            },
            event => return Err(format!("unexpected {event:?}")),
        });
        Ok(())
    }
}

/// The text of spans.
pub fn plain(spans: &[Span]) -> String {
    spans
        .iter()
        .map(|span| match span {
            Span::Text(text) | Span::Code(text) | Span::Emphasis(text) => text.as_str(),
            Span::Link { text, .. } => text.as_str(),
        })
        .collect()
}
