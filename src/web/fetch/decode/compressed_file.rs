//! Files that are compressed themselves, such as `.tgz`.

use crate::web::fetch::charset::content_type::media_type;

/// A format of compressed files: the bytes at its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CompressedFile(pub(crate) &'static [u8]);

impl CompressedFile {
    /// The format of a content type, if it is one of them.
    pub(crate) fn of(content_type: &str) -> Option<CompressedFile> {
        let essence = media_type(content_type);
        let (_, name) = essence.split_once('/')?;
        Some(CompressedFile(
            match name.strip_prefix("x-").unwrap_or(name) {
                "gzip" | "gunzip" | "tgz" | "compressed" | "gtar-compressed" | "compressed-tar" => {
                    &[0x1F, 0x8B]
                }
                "bzip2" | "bzip" | "bzip-compressed-tar" | "bzip2-compressed-tar" => b"BZh",
                "xz" | "xz-compressed-tar" => &[0xFD, b'7', b'z', b'X', b'Z', 0],
                "zstd" | "zstd-compressed-tar" => &[0x28, 0xB5, 0x2F, 0xFD],
                _ => return None,
            },
        ))
    }
}
