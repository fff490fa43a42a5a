//! The output of a program that reads pages: a page for each.
//!
//! In a pipe and in a file a line that is a form feed alone follows each page but the last. On a
//! terminal each page is drawn in the place of the one before. A text without pages is written as
//! by any other program.

use super::is_dumb;
use crate::common::error::Error;
use crate::common::output::Output;
use crate::common::screen::{Screen, Size};
use crate::process::signals;
use crate::text::pages;
use std::io::{IsTerminal, Write};

/// Writes the page for the records so far.
pub(super) type WritePage<'a> = &'a mut dyn FnMut(&mut dyn Write) -> Result<(), Error>;

pub(super) struct Pages<'a> {
    output: &'a mut Output,
    /// The byte that ends a line.
    terminator: u8,
    /// What draws the pages, if the output is a terminal.
    screen: Option<Screen>,
    /// Whether there was a page.
    is_begun: bool,
}

impl Pages<'_> {
    pub(super) fn new(output: &mut Output, terminator: u8) -> Pages<'_> {
        let draws = output.file().is_terminal() && !is_dumb();
        if draws {
            signals::note_continuing();
        }
        Pages {
            output,
            terminator,
            screen: draws.then(Screen::default),
            is_begun: false,
        }
    }

    /// Whether pages are drawn.
    pub(super) fn are_drawn(&self) -> bool {
        self.screen.is_some()
    }

    /// Writes a page that is not the last one.
    pub(super) fn page(&mut self, write: WritePage) -> Result<(), Error> {
        self.is_begun = true;
        match &mut self.screen {
            Some(screen) => draw(screen, self.output, self.terminator, write),
            None => {
                write(self.output)?;
                let end = pages::end(self.terminator);
                self.output.write_all(&end).map_err(Error::Write)
            }
        }
    }

    /// Writes the last page.
    pub(super) fn last(&mut self, write: WritePage) -> Result<(), Error> {
        match &mut self.screen {
            Some(screen) if self.is_begun => draw(screen, self.output, self.terminator, write),
            _ => write(self.output),
        }
    }
}

fn draw(
    screen: &mut Screen,
    output: &Output,
    terminator: u8,
    write: WritePage,
) -> Result<(), Error> {
    let mut page = Vec::new();
    write(&mut page)?;
    if signals::was_continued() {
        // The shell has written below the last page.
        *screen = Screen::default();
    }
    let page = output.shown(page);
    let mut terminal = output.file();
    let drawn = screen.draw(&page, terminator, Size::of(terminal));
    // A signal ends the program when the page is whole and the cursor is below it.
    let _blocked = signals::block_signals_and_keys();
    terminal.write_all(&drawn).map_err(Error::Write)
}
