//! The output of a program: a file, or a terminal, which gets control characters escaped.

use super::show;
use super::stream::BLOCK;
use super::{sys, utf8};
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard};

/// An output without a buffer.
///
/// A terminal executes nothing that is in the lines: control characters, bidirectional controls
/// and invalid bytes are escaped, as in `\u{1b}` and `\xff`. TABs and the ends of lines stay. All
/// other files get the bytes as they are.
#[derive(Debug)]
pub struct Output {
    file: File,
    /// What a terminal gets, which clones share; none where bytes are written as they are.
    lines: Option<Arc<Mutex<Lines>>>,
}

impl Output {
    /// An output to a file, which may be a terminal. The byte ends lines, besides newlines.
    pub fn new(file: File, terminator: u8) -> Output {
        let is_terminal = file.is_terminal();
        let lines = is_terminal.then(|| Arc::new(Mutex::new(Lines::new(terminator))));
        Output { file, lines }
    }

    /// An output of bytes as they are, also to a terminal.
    pub fn raw(file: File) -> Output {
        Output { file, lines: None }
    }

    /// The file itself.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// A whole text as this output writes it.
    pub fn shown(&self, text: Vec<u8>) -> Vec<u8> {
        let Some(lines) = &self.lines else {
            return text;
        };
        let mut lines = lock(lines);
        let mut shown = lines.escaped(&text).to_vec();
        shown.extend_from_slice(lines.end());
        shown
    }

    /// Another output to the same file, for another thread.
    pub fn try_clone(&self) -> io::Result<Output> {
        let (file, lines) = (self.file.try_clone()?, self.lines.clone());
        Ok(Output { file, lines })
    }

    /// Writes the bytes of all clones that waited for others, closes the file, and reports errors.
    pub fn close(mut self) -> io::Result<()> {
        if let Some(lines) = &self.lines {
            self.file.write_all(lock(lines).end())?;
        }
        sys::close(self.file)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(lines) = &self.lines else {
            return self.file.write(bytes);
        };
        let bytes = &bytes[..bytes.len().min(BLOCK)];
        self.file.write_all(lock(lines).escaped(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn lock(lines: &Mutex<Lines>) -> MutexGuard<'_, Lines> {
    lines
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Lines on their way to a terminal.
#[derive(Debug)]
struct Lines {
    terminator: u8,
    /// The bytes so far whose meaning the next ones decide: a part of a character, or a CR.
    begun: Vec<u8>,
    escaped: Vec<u8>,
}

impl Lines {
    fn new(terminator: u8) -> Lines {
        Lines {
            terminator,
            begun: Vec::new(),
            escaped: Vec::new(),
        }
    }

    /// The next bytes with escapes, without those that are begun only.
    fn escaped(&mut self, bytes: &[u8]) -> &[u8] {
        self.begun.extend_from_slice(bytes);
        let begun = match self.begun.last() {
            Some(b'\r') => 1,
            _ => utf8::unfinished(&self.begun),
        };
        self.take(self.begun.len() - begun)
    }

    /// The rest.
    fn end(&mut self) -> &[u8] {
        self.take(self.begun.len())
    }

    fn take(&mut self, n: usize) -> &[u8] {
        let stays = |c: char, next: Option<char>| match c {
            '\t' | '\n' => true,
            // Together they are the end of a line.
            '\r' => next == Some('\n'),
            c => c == char::from(self.terminator),
        };
        self.escaped.clear();
        show::put_escaped(&self.begun[..n], stays, &mut self.escaped);
        self.begun.drain(..n);
        &self.escaped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::arbitrary;
    use proptest::prelude::*;

    fn shown<'a>(terminator: u8, blocks: impl IntoIterator<Item = &'a [u8]>) -> String {
        let mut lines = Lines::new(terminator);
        let mut shown = Vec::new();
        for block in blocks {
            shown.extend_from_slice(lines.escaped(block));
            assert!(lines.begun.len() < 4);
        }
        shown.extend_from_slice(lines.end());
        String::from_utf8(shown).unwrap()
    }

    #[test]
    fn tabs_and_line_ends_stay() {
        let text = b"a\tb\r\n\x1b[1mc\rd\0\n";
        assert_eq!(shown(b'\n', [&text[..]]), "a\tb\r\n\\u{1b}[1mc\\rd\\0\n");
        assert_eq!(shown(0, [&text[..]]), "a\tb\r\n\\u{1b}[1mc\\rd\0\n");
        assert_eq!(shown(b'\n', [&b"a\r"[..]]), "a\\r");
    }

    #[test]
    fn only_a_terminal_gets_escapes() {
        let mut file = tempfile::tempfile().unwrap();
        let mut output = Output::new(file.try_clone().unwrap(), b'\n');
        output.write_all(b"\x1b\xff\xe2\x82").unwrap();
        output.close().unwrap();
        let mut text = Vec::new();
        io::Seek::rewind(&mut file).unwrap();
        io::Read::read_to_end(&mut file, &mut text).unwrap();
        assert_eq!(text, b"\x1b\xff\xe2\x82");
    }

    proptest! {
        #[test]
        fn blocks_as_the_whole(text in arbitrary::text(), cuts in arbitrary::cuts()) {
            let text = [&text[..], b"\r\n\x1b\r"].concat();
            let whole = shown(b'\n', [&text[..]]);
            prop_assert_eq!(&shown(b'\n', arbitrary::blocks(&text, &cuts)), &whole);
            let executed = |c: char| c.is_control() && !"\t\r\n".contains(c);
            prop_assert!(!whole.contains(executed));
            prop_assert!(!whole.replace("\r\n", "\n").contains('\r'));
            // A text without controls stays.
            let plain = |c: &char| !c.is_control() && !"\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}".contains(*c);
            let plain: String = String::from_utf8_lossy(&text).chars().filter(plain).collect();
            prop_assert_eq!(&shown(b'\n', [plain.as_bytes()]), &plain);
        }
    }
}
