//! Copying a body to the output.

use super::output::{CountedOutput, Output};
use super::source::Source;
use crate::common::error::Error;
use crate::common::stream::Blocks;
use crate::web::fetch::charset::Charset;
use crate::web::html;
use crate::web::html::address::Found;
use crate::web::html::pages::Marker;

/// Copies a body block by block: a write follows each read. If no byte needs to be processed,
/// the bytes are moved to a pipe within the kernel.
///
/// After a read error the text that is buffered for conversion is not written: its charset is
/// unknown. The head that is buffered for the mark is written.
pub(crate) fn copy(
    mut source: Box<dyn Source + '_>,
    mut charset: Option<Charset>,
    mut marker: Option<Marker>,
    blocks: &mut Blocks,
    output: &mut CountedOutput<impl Output>,
) -> Result<(), Error> {
    loop {
        let is_unchanged = marker.is_none() && charset.as_ref().is_none_or(Charset::is_unchanged);
        if is_unchanged && let Some(moved) = output.splice(&mut *source)? {
            match moved {
                0 => return Ok(()),
                _ => continue,
            }
        }
        blocks.keep(0);
        let read = blocks.read(&mut source);
        let last = matches!(read, Ok(0));
        let (text, found) = match (&read, &mut charset) {
            (Err(_), charset) => (&b""[..], found(charset.as_ref())),
            (_, Some(charset)) => charset.text_and_charset(blocks.text(), last),
            (_, None) => (blocks.text(), found(None)),
        };
        let text = match &mut marker {
            Some(marker) => marker.text(text, last || read.is_err(), found),
            None => text,
        };
        if !text.is_empty() {
            output.write(text)?;
        }
        if read.map_err(Error::Read)? == 0 {
            return Ok(());
        }
    }
}

/// The charset of a body, as far as it is known. A body other than text counts as UTF-8.
pub(crate) fn found(charset: Option<&Charset>) -> Found {
    charset.map_or(Found::Declared(html::Charset::UTF_8), Charset::found)
}
