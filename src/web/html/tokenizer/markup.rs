//! Markup that is not a tag: comments, doctypes, CDATA sections.

use super::sink::Sink;
use super::state::{State, Tokenizer};
use memchr::memchr;

impl Tokenizer {
    /// After `<!`.
    pub(super) fn markup(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        const DOCTYPE: &[u8] = b"doctype";
        const CDATA: &[u8] = b"[CDATA[";
        self.pending.push(byte);
        let pending = &self.pending;
        let is_doctype = |n: usize| n <= 7 && pending.eq_ignore_ascii_case(&DOCTYPE[..n]);
        match pending.len() {
            2 if pending == b"--" => self.go(State::CommentStart),
            7 if is_doctype(7) => self.go(State::Doctype),
            7 if pending == CDATA && sink.has_cdata() => self.go(State::Cdata),
            7 if pending == CDATA => {
                sink.comment(pending);
                self.go(State::BogusComment)
            }
            n if pending == b"-" || is_doctype(n) || CDATA.starts_with(pending) => 1,
            n => {
                sink.comment(&pending[..n - 1]);
                self.again(State::BogusComment)
            }
        }
    }

    pub(super) fn bogus_comment(&mut self, text: &[u8], sink: &mut impl Sink) -> usize {
        let end = memchr(b'>', text);
        let n = end.unwrap_or(text.len());
        sink.comment(&text[..n]);
        n + end.map_or(0, |_| self.end_comment(sink))
    }

    pub(super) fn comment_start(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        match byte {
            b'-' => self.go(State::CommentStartDash),
            b'>' => self.end_comment(sink),
            _ => self.again(State::Comment),
        }
    }

    pub(super) fn comment_start_dash(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        match byte {
            b'-' => self.go(State::CommentDashDash),
            b'>' => self.end_comment(sink),
            _ => self.comment_again(b"-", sink),
        }
    }

    pub(super) fn comment(&mut self, text: &[u8], sink: &mut impl Sink) -> usize {
        let end = memchr(b'-', text);
        let n = end.unwrap_or(text.len());
        sink.comment(&text[..n]);
        n + end.map_or(0, |_| self.go(State::CommentDash))
    }

    pub(super) fn comment_dash(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        match byte {
            b'-' => self.go(State::CommentDashDash),
            _ => self.comment_again(b"-", sink),
        }
    }

    pub(super) fn comment_dash_dash(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        match byte {
            b'>' => self.end_comment(sink),
            b'!' => self.go(State::CommentBang),
            b'-' => {
                sink.comment(b"-");
                1
            }
            _ => self.comment_again(b"--", sink),
        }
    }

    pub(super) fn comment_bang(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        match byte {
            b'>' => self.end_comment(sink),
            b'-' => {
                sink.comment(b"--!");
                self.go(State::CommentDash)
            }
            _ => self.comment_again(b"--!", sink),
        }
    }

    /// These bytes belong to the comment, which goes on.
    fn comment_again(&mut self, text: &[u8], sink: &mut impl Sink) -> usize {
        sink.comment(text);
        self.again(State::Comment)
    }

    #[inline(always)]
    fn end_comment(&mut self, sink: &mut impl Sink) -> usize {
        self.after_return = false;
        sink.comment_end();
        self.go(State::Text)
    }

    /// A doctype ends at the first `>`, even within quotes.
    pub(super) fn doctype(&mut self, text: &[u8], sink: &mut impl Sink) -> usize {
        match memchr(b'>', text) {
            None => text.len(),
            Some(n) => {
                sink.doctype();
                n + self.go(State::Text)
            }
        }
    }

    pub(super) fn cdata(&mut self, text: &[u8], sink: &mut impl Sink) -> usize {
        let end = memchr(b']', text);
        let n = end.unwrap_or(text.len());
        self.put_lines(&text[..n], sink);
        n + end.map_or(0, |_| self.go(State::CdataBracket))
    }

    pub(super) fn cdata_bracket(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        match byte {
            b']' => self.go(State::CdataBrackets),
            _ => {
                self.put(b"]", sink);
                self.again(State::Cdata)
            }
        }
    }

    pub(super) fn cdata_brackets(&mut self, byte: u8, sink: &mut impl Sink) -> usize {
        match byte {
            b']' => {
                self.put(b"]", sink);
                1
            }
            b'>' => self.go(State::Text),
            _ => {
                self.put(b"]]", sink);
                self.again(State::Cdata)
            }
        }
    }
}
