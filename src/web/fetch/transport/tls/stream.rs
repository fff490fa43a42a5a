//! TLS on top of another stream.
//!
//! A TLS record has 16 KiB at most. One read of the socket receives many of them, and all
//! are decrypted at once: the blocks of a body over https are as large as those over http,
//! and a received byte never waits for the next.

use crate::common::stream::Pages;
use crate::web::fetch::job::wait::Wait;
use crate::web::fetch::transport::stream::Stream;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use std::io::{self, Read, Write};
use std::sync::Arc;

/// TLS on top of another stream.
#[derive(Debug)]
pub(crate) struct Tls {
    inner: Box<dyn Stream>,
    session: ClientConnection,
    /// The input buffer; the session has not yet taken `from..to`.
    input: Pages,
    from: usize,
    to: usize,
}

impl Tls {
    /// Does the handshake with the server of this name. `size` is the size of the input buffer.
    pub(crate) fn open(
        inner: Box<dyn Stream>,
        config: &Arc<ClientConfig>,
        name: ServerName<'static>,
        size: usize,
        wait: Wait,
    ) -> io::Result<Tls> {
        let session = ClientConnection::new(Arc::clone(config), name).map_err(invalid)?;
        let mut tls = Tls {
            inner,
            session,
            input: Pages::new(size),
            from: 0,
            to: 0,
        };
        while tls.session.is_handshaking() {
            tls.send(wait)?;
            if tls.session.is_handshaking() && !tls.process(wait)? {
                tls.receive(wait)?;
            }
        }
        tls.send(wait)?;
        Ok(tls)
    }

    /// Sends the output of the session.
    fn send(&mut self, wait: Wait) -> io::Result<()> {
        while self.session.wants_write() {
            let inner = &mut *self.inner;
            self.session.write_tls(&mut Writer { inner, wait })?;
        }
        Ok(())
    }

    /// Reads more input. The end of the input without a closing alert is an error.
    fn receive(&mut self, wait: Wait) -> io::Result<()> {
        self.from = 0;
        self.to = self.inner.read(&mut self.input, wait)?;
        match self.to {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Passes the input to the session, and sends its response; false if there is no input.
    fn process(&mut self, wait: Wait) -> io::Result<bool> {
        if self.from == self.to {
            return Ok(false);
        }
        let taken = self
            .session
            .read_tls(&mut &self.input[self.from..self.to])?;
        self.from += taken;
        let processed = self.session.process_new_packets();
        // The session may send an alert about an error.
        let sent = self.send(wait);
        processed.map_err(invalid)?;
        sent?;
        Ok(true)
    }
}

fn invalid(error: rustls::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

impl Stream for Tls {
    fn read(&mut self, buffer: &mut [u8], wait: Wait) -> io::Result<usize> {
        let mut n = 0;
        while n < buffer.len() {
            match self.session.reader().read(&mut buffer[n..]) {
                Ok(0) => break,
                Ok(more) => n += more,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    match self.process(wait) {
                        Ok(true) => {}
                        Ok(false) if n > 0 => break,
                        Ok(false) => self.receive(wait)?,
                        // The next read returns the error.
                        Err(_) if n > 0 => break,
                        Err(error) => return Err(error),
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(n)
    }

    fn write_all(&mut self, bytes: &[u8], wait: Wait) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let n = self.session.writer().write(rest)?;
            rest = &rest[n..];
            self.send(wait)?;
        }
        Ok(())
    }

    fn would_wait(&mut self) -> bool {
        self.from == self.to && self.inner.would_wait()
    }
}

/// The output of the session.
struct Writer<'a> {
    inner: &'a mut dyn Stream,
    wait: Wait,
}

impl Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write_all(bytes, self.wait)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
