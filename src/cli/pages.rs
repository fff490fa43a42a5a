//! The output of a program that reads pages: a page for each.
//!
//! In a pipe and in a file a line that is a form feed alone follows each page but the last. On a
//! terminal each page is drawn in the place of the one before. A text without pages is written as
//! by any other program.
//!
//! A signal that comes while a page is drawn ends the program when the page is whole and the cursor is
//! below it. A terminal may accept nothing: it is stopped (Ctrl-S), or its emulator or its network
//! does not read. If that is so when a page is about to be drawn, signals have their effect, and the
//! last page is whole. If it begins in mid-page, signals wait until the terminal has accepted nothing for a
//! second. A part of the page is on the screen then, and automatic margins stay off.

use super::is_dumb;
use crate::common::error::Error;
use crate::common::output::Output;
use crate::common::screen::{Screen, Size};
use crate::process::signals::{self, UninterruptedWrite};
use crate::text::pages;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::{LocalModes, Termios, tcdrain, tcgetattr, tcgetpgrp};
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Write};

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
    /// The last page, if it was not drawn because the program was in the background.
    hidden: Option<Vec<u8>>,
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
            hidden: None,
        }
    }

    /// Whether pages are drawn.
    pub(super) fn are_drawn(&self) -> bool {
        self.screen.is_some()
    }

    /// Writes a page that is not the last one.
    pub(super) fn page(&mut self, write: WritePage) -> Result<(), Error> {
        self.is_begun = true;
        let Some(screen) = &mut self.screen else {
            write(self.output)?;
            let end = pages::end(self.terminator);
            return self.output.write_all(&end).map_err(Error::Write);
        };
        let terminal = self.output.file();
        if is_in_background(terminal) {
            // The user types on the rows below the last page, and the next one begins below these.
            *screen = Screen::default();
            let mut page = Vec::new();
            write(&mut page)?;
            self.hidden = Some(page);
            return Ok(());
        }
        self.hidden = None;
        wait_for(terminal);
        let mut page = Vec::new();
        write(&mut page)?;
        draw(screen, self.output, self.terminator, page)
    }

    /// Writes the last page.
    pub(super) fn last(&mut self, write: WritePage) -> Result<(), Error> {
        let Some(screen) = self.screen.as_mut().filter(|_| self.is_begun) else {
            return write(self.output);
        };
        wait_for(self.output.file());
        let mut page = Vec::new();
        write(&mut page)?;
        draw(screen, self.output, self.terminator, page)
    }

    /// Ends the output if there is no page after the last call of [`page`](Pages::page).
    pub(super) fn end(&mut self) -> Result<(), Error> {
        match (&mut self.screen, self.hidden.take()) {
            (Some(screen), Some(page)) => {
                wait_for(self.output.file());
                draw(screen, self.output, self.terminator, page)
            }
            _ => Ok(()),
        }
    }
}

/// Whether this program is in the background of the terminal's shell.
fn is_in_background(terminal: &File) -> bool {
    // An error says that it is not the terminal that controls this process.
    tcgetpgrp(terminal).is_ok_and(|group| group != getpgrp())
}

/// Waits until a terminal accepts bytes. A signal has its effect.
fn wait_for(terminal: &File) {
    // A write would stop this program (`stty tostop`) when signals are blocked.
    let stops = |mode: Termios| mode.local_modes.contains(LocalModes::TOSTOP);
    if is_in_background(terminal) && tcgetattr(terminal).is_ok_and(stops) {
        // It stops the program in the same way, until that is in the foreground.
        let _ = tcdrain(terminal);
    }
    let mut ends = [PollFd::new(terminal, PollFlags::OUT)];
    // If that fails, the write will wait.
    while poll(&mut ends, None) == Err(Errno::INTR) {}
}

fn draw(screen: &mut Screen, output: &Output, terminator: u8, page: Vec<u8>) -> Result<(), Error> {
    let page = output.shown(page);
    let terminal = output.file();
    let writing = UninterruptedWrite::begin();
    if signals::was_continued() {
        // The shell has written below the last page.
        *screen = Screen::default();
    }
    let drawn = screen.draw(&page, terminator, Size::of(terminal));
    write_all(terminal, &drawn, &writing).map_err(Error::Write)
}

fn write_all(mut terminal: &File, mut rest: &[u8], writing: &UninterruptedWrite) -> io::Result<()> {
    while !rest.is_empty() {
        match terminal.write(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(n) => rest = &rest[n..],
            // Nothing was accepted for a second.
            Err(error) if error.kind() == ErrorKind::Interrupted => writing.deliver_pending(),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
