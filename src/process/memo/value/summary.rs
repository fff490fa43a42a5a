//! The trailer of a value, gathered while the output comes.

use super::format::{BLOCK, MAGIC, MAGIC_OF_FAILURE, NUMBER};
use sha2::{Digest, Sha256};
use std::time::{SystemTime, UNIX_EPOCH};
use twox_hash::XxHash3_128;

/// The length and the hashes of an output, gathered while that comes.
pub(crate) struct Summary {
    pub(in crate::process::memo) length: u64,
    hashes: Vec<u8>,
    /// Of the bytes of the last block.
    hash: XxHash3_128,
}

impl Summary {
    /// Of no output.
    pub(crate) fn new() -> Summary {
        Summary {
            length: 0,
            hashes: Vec::new(),
            hash: XxHash3_128::new(),
        }
    }

    /// These bytes come next.
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = BLOCK - self.open();
            let (now, later) = bytes.split_at(bytes.len().min(room));
            self.hash.write(now);
            self.length += now.len() as u64;
            if self.open() == 0 {
                self.end_block();
            }
            bytes = later;
        }
    }

    /// How many bytes the last block has, unless it is full.
    fn open(&self) -> usize {
        (self.length % BLOCK as u64) as usize
    }

    fn end_block(&mut self) {
        self.hashes.extend(self.hash.finish_128().to_le_bytes());
        self.hash = XxHash3_128::new();
    }

    /// The trailer of this output of a command with this exit status.
    pub(crate) fn trailer(mut self, key: &[u8], stored: SystemTime, status: u8) -> Vec<u8> {
        if self.open() > 0 {
            self.end_block();
        }
        let stored = stored.duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut trailer = self.hashes;
        trailer.extend(key);
        for number in [self.length, key.len() as u64, stored.as_millis() as u64] {
            trailer.extend(number.to_le_bytes());
        }
        let magic = match status {
            0 => MAGIC,
            status => {
                trailer.extend(u64::from(status).to_le_bytes());
                MAGIC_OF_FAILURE
            }
        };
        let digest = Sha256::digest(&trailer);
        trailer.extend(&digest[..NUMBER]);
        trailer.extend(magic);
        trailer
    }
}
