//! lz4: the frame format and the older one, around the blocks of the crate lz4_flex.
//!
//! The frames are our own code: the reader of lz4_flex 0.14 ends without an error where a frame
//! is cut, after its first frame, and at skippable frames. All checksums and the size of the
//! content are compared.

use super::allowance::{Allowance, Taken};
use super::decode::{Decode, Gathered, Step};
use super::error::DecompressError;
use super::format::Format;
use lz4_flex::block::decompress_into_with_dict;
use std::hash::Hasher;
use twox_hash::XxHash32;

/// The size of a magic number, of the length of a block, and of a checksum, in bytes.
const WORD: usize = 4;

/// What a block may refer to before itself, in bytes.
const WINDOW: usize = 64 << 10;

/// The block of the older format, in bytes.
const LEGACY_BLOCK: usize = 8 << 20;

const CORRUPT: DecompressError = DecompressError::Corrupt(Format::Lz4);

/// The header of a frame, behind its magic number.
#[derive(Debug, Clone, Copy)]
struct Header {
    blocks_are_independent: bool,
    has_block_checksums: bool,
    has_content_checksum: bool,
    content_size: Option<u64>,
    block_size: usize,
}

/// A frame: a header, blocks, a block of length 0, the checksum of the content.
pub(crate) struct Frame {
    state: State,
    gathered: Gathered,
    header: Option<Header>,
    blocks: Blocks,
    content: u64,
    checksum: XxHash32,
    allowance: Allowance,
    taken: Option<Taken>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Header,
    Length,
    Block { length: usize, is_stored: bool },
    Output,
    Checksum,
}

/// The decoded block, behind what it may refer to.
#[derive(Default)]
struct Blocks {
    bytes: Vec<u8>,
    /// The end of what came before the block.
    start: usize,
    /// The end of the block.
    end: usize,
    /// The part that was not written to the output.
    written: usize,
}

impl Blocks {
    fn with_room(block: usize) -> Blocks {
        Blocks {
            bytes: vec![0; WINDOW + block],
            ..Blocks::default()
        }
    }

    /// Keeps what the next block may refer to.
    fn keep(&mut self, is_independent: bool) {
        let kept = match is_independent {
            true => 0,
            false => self.end.min(WINDOW),
        };
        self.bytes.copy_within(self.end - kept..self.end, 0);
        (self.start, self.end, self.written) = (kept, kept, kept);
    }

    /// Decodes a block of up to `most` bytes.
    fn decode(
        &mut self,
        block: &[u8],
        is_stored: bool,
        most: usize,
    ) -> Result<(), DecompressError> {
        let (before, room) = self.bytes.split_at_mut(self.start);
        let room = &mut room[..most];
        let length = match is_stored {
            true => {
                let room = room.get_mut(..block.len()).ok_or(CORRUPT)?;
                room.copy_from_slice(block);
                block.len()
            }
            false => decompress_into_with_dict(block, room, before).map_err(|_| CORRUPT)?,
        };
        self.end = self.start + length;
        Ok(())
    }

    fn block(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Writes the block behind the output of a step, or what fits. Returns whether all is
    /// written.
    fn write(&mut self, output: &mut [u8], step: &mut Step) -> bool {
        let output = &mut output[step.produced..];
        let rest = &self.bytes[self.written..self.end];
        let n = rest.len().min(output.len());
        output[..n].copy_from_slice(&rest[..n]);
        self.written += n;
        step.produced += n;
        self.written == self.end
    }
}

impl Frame {
    pub(crate) fn new(allowance: Allowance) -> Frame {
        Frame {
            state: State::Header,
            gathered: Gathered::default(),
            header: None,
            blocks: Blocks::default(),
            content: 0,
            checksum: XxHash32::with_seed(0),
            allowance,
            taken: None,
        }
    }

    /// The length of the header with its magic number, as far as its bytes tell.
    fn header_length(&self) -> usize {
        const SHORTEST: usize = WORD + 3;
        let flags = self.gathered.bytes().get(WORD).copied().unwrap_or(0);
        let content_size = if flags & 0x08 != 0 { 8 } else { 0 };
        let dictionary = if flags & 0x01 != 0 { 4 } else { 0 };
        SHORTEST + content_size + dictionary
    }

    /// Reads the header, which is complete.
    fn begin(&mut self) -> Result<(), DecompressError> {
        let bytes = self.gathered.bytes();
        let (descriptor, check) = bytes[WORD..].split_at(bytes.len() - WORD - 1);
        let (flags, sizes) = (descriptor[0], descriptor[1]);
        let expected = (XxHash32::oneshot(0, descriptor) >> 8) as u8;
        // The version, and the reserved bits.
        let is_valid = flags & 0xC2 == 0x40 && sizes & 0x8F == 0;
        let block_size = match sizes >> 4 {
            4 => 64 << 10,
            5 => 256 << 10,
            6 => 1 << 20,
            7 => 4 << 20,
            _ => return Err(CORRUPT),
        };
        if !is_valid || check[0] != expected {
            return Err(CORRUPT);
        }
        let mut rest = &descriptor[2..];
        let content_size = match flags & 0x08 != 0 {
            true => {
                let (size, behind) = rest.split_first_chunk().ok_or(CORRUPT)?;
                rest = behind;
                Some(u64::from_le_bytes(*size))
            }
            false => None,
        };
        if flags & 0x01 != 0 {
            let id = rest.first_chunk().ok_or(CORRUPT)?;
            return Err(DecompressError::Dictionary {
                format: Format::Lz4,
                id: u32::from_le_bytes(*id),
            });
        }
        let header = Header {
            blocks_are_independent: flags & 0x20 != 0,
            has_block_checksums: flags & 0x10 != 0,
            has_content_checksum: flags & 0x04 != 0,
            content_size,
            block_size,
        };
        // A block, and the compressed block.
        let needed = (2 * block_size + WINDOW) as u64;
        self.taken = Some(self.allowance.take(Format::Lz4, needed)?);
        self.blocks = Blocks::with_room(block_size);
        self.header = Some(header);
        self.gathered.clear();
        Ok(())
    }

    /// Decodes a block, which is complete, with its checksum.
    fn block(
        &mut self,
        header: Header,
        length: usize,
        is_stored: bool,
    ) -> Result<(), DecompressError> {
        let (block, checksum) = self.gathered.bytes().split_at(length);
        if header.has_block_checksums && XxHash32::oneshot(0, block).to_le_bytes() != checksum {
            return Err(CORRUPT);
        }
        self.blocks.keep(header.blocks_are_independent);
        self.blocks.decode(block, is_stored, header.block_size)?;
        let block = self.blocks.block();
        self.content += block.len() as u64;
        if header.has_content_checksum {
            self.checksum.write(block);
        }
        self.gathered.clear();
        Ok(())
    }
}

impl Decode for Frame {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, DecompressError> {
        let mut step = Step::default();
        loop {
            let wanted = match (self.state, self.header) {
                (State::Header, _) => self.header_length(),
                (State::Length | State::Checksum, _) => WORD,
                (State::Block { length, .. }, Some(header)) if header.has_block_checksums => {
                    length + WORD
                }
                (State::Block { length, .. }, _) => length,
                (State::Output, _) => 0,
            };
            step.consumed += self.gathered.take(wanted, &input[step.consumed..]);
            if self.gathered.bytes().len() < wanted {
                return Ok(step);
            }
            let Some(header) = self.header else {
                // The flags say how long the header is.
                if self.header_length() == wanted {
                    self.begin()?;
                    self.state = State::Length;
                }
                continue;
            };
            self.state = match self.state {
                State::Header | State::Length => {
                    let word = self.gathered.number(0);
                    self.gathered.clear();
                    let (length, is_stored) = ((word & 0x7FFF_FFFF) as usize, word >> 31 != 0);
                    match length {
                        0 if header.content_size.is_some_and(|size| size != self.content) => {
                            return Err(CORRUPT);
                        }
                        0 if header.has_content_checksum => State::Checksum,
                        0 => {
                            step.ended = true;
                            return Ok(step);
                        }
                        length if length > header.block_size => return Err(CORRUPT),
                        length => State::Block { length, is_stored },
                    }
                }
                State::Block { length, is_stored } => {
                    self.block(header, length, is_stored)?;
                    State::Output
                }
                State::Output => {
                    if !self.blocks.write(output, &mut step) {
                        return Ok(step);
                    }
                    State::Length
                }
                State::Checksum => {
                    if self.gathered.number(0) != self.checksum.finish_32() {
                        return Err(CORRUPT);
                    }
                    step.ended = true;
                    return Ok(step);
                }
            };
        }
    }
}

/// The older format: a magic number, and blocks of 8 MiB with their lengths. It ends with the
/// input, or where the next magic number begins.
pub(crate) struct Legacy {
    state: LegacyState,
    gathered: Gathered,
    blocks: Blocks,
    allowance: Allowance,
    taken: Option<Taken>,
}

#[derive(Debug, Clone, Copy)]
enum LegacyState {
    Magic,
    Length,
    Block(usize),
    Output,
}

impl Legacy {
    pub(crate) fn new(allowance: Allowance) -> Legacy {
        Legacy {
            state: LegacyState::Magic,
            gathered: Gathered::default(),
            blocks: Blocks::default(),
            allowance,
            taken: None,
        }
    }

    /// The longest compressed block: what cannot be compressed grows by 1 in 255.
    const LONGEST: usize = LEGACY_BLOCK + LEGACY_BLOCK / 255 + 16;
}

impl Decode for Legacy {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, DecompressError> {
        let mut step = Step::default();
        loop {
            let wanted = match self.state {
                LegacyState::Magic | LegacyState::Length => WORD,
                LegacyState::Block(length) => length,
                LegacyState::Output => 0,
            };
            // Zero bytes and the next magic number are not consumed.
            if matches!(self.state, LegacyState::Length) {
                let Some(word) = input[step.consumed..].first_chunk() else {
                    return Ok(step);
                };
                let length = u32::from_le_bytes(*word) as usize;
                if length == 0 || length > Legacy::LONGEST {
                    step.ended = true;
                    return Ok(step);
                }
            }
            step.consumed += self.gathered.take(wanted, &input[step.consumed..]);
            if self.gathered.bytes().len() < wanted {
                return Ok(step);
            }
            self.state = match self.state {
                LegacyState::Magic => {
                    self.gathered.clear();
                    LegacyState::Length
                }
                LegacyState::Length => {
                    if self.taken.is_none() {
                        let needed = (LEGACY_BLOCK + Legacy::LONGEST) as u64;
                        self.taken = Some(self.allowance.take(Format::Lz4, needed)?);
                        self.blocks = Blocks::with_room(LEGACY_BLOCK);
                    }
                    let length = self.gathered.number(0) as usize;
                    self.gathered.clear();
                    LegacyState::Block(length)
                }
                LegacyState::Block(_) => {
                    self.blocks.keep(true);
                    self.blocks
                        .decode(self.gathered.bytes(), false, LEGACY_BLOCK)?;
                    self.gathered.clear();
                    LegacyState::Output
                }
                LegacyState::Output => {
                    if !self.blocks.write(output, &mut step) {
                        return Ok(step);
                    }
                    LegacyState::Length
                }
            };
        }
    }

    fn may_end(&self) -> bool {
        matches!(self.state, LegacyState::Length)
    }
}
