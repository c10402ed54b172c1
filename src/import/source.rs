//! The lender's file as a stream of UTF-8, which is counted, hashed and decoded while it is read.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use sha2::{Digest, Sha256};

use crate::error::{Error, Refusal, Result};

const CHUNK: usize = 1 << 18;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FileEncoding {
    pub encoding: &'static Encoding,
    /// Whether the file opens with the mark of this encoding.
    pub has_bom: bool,
}

#[derive(Debug, Clone)]
pub struct Source {
    pub path: PathBuf,
    /// Bytes, as the file system says; for the progress bar only.
    pub length: u64,
}

impl Source {
    pub fn find(path: &Path) -> Result<Self> {
        let name = path.display();
        let facts = std::fs::metadata(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::Usage(format!(
                "{name} is not found; nothing was changed. Name the file, or check that it was exported"
            )),
            _ => Error::Usage(format!("{name} cannot be read ({error}); nothing was changed")),
        })?;
        if !facts.is_file() {
            let what = if facts.is_dir() { "a folder" } else { "a device, a pipe or a socket" };
            return Err(Error::Usage(format!(
                "{name} is {what}: name a regular file. The file is read twice, so save a program's output to a file first"
            )));
        }
        Ok(Self { path: path.to_owned(), length: facts.len() })
    }

    pub fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    pub fn open(&self) -> Result<File> {
        File::open(&self.path).map_err(|error| self.refused(vec![format!("the file cannot be opened: {error}")]))
    }

    pub fn decode(&self, encoding: FileEncoding) -> Result<Stream> {
        let decoder = (encoding.encoding != UTF_8).then(|| encoding.encoding.new_decoder_with_bom_removal());
        Ok(Stream {
            file: self.open()?,
            hash: None,
            bytes: 0,
            to_skip: if encoding.has_bom && decoder.is_none() { 3 } else { 0 },
            decoder,
            undecoded: Vec::new(),
            is_at_end: false,
        })
    }

    pub fn sha256(&self) -> Result<String> {
        let mut stream = self.decode(FileEncoding { encoding: UTF_8, has_bom: false })?.hashed();
        let mut text = Vec::new();
        while stream.read_on(&mut text).map_err(|error| Error::io("read", &self.path, error))? {
            text.clear();
        }
        Ok(stream.sha256())
    }

    pub fn refused(&self, problems: Vec<String>) -> Error {
        Error::Refused(Refusal { file: self.path.clone(), problems })
    }
}

/// The text of a file as UTF-8. Invalid characters of another encoding become U+FFFD, which no field may contain; a UTF-8 file
/// is passed on unchanged.
pub struct Stream {
    file: File,
    hash: Option<Sha256>,
    bytes: u64,
    /// Bytes of a byte order mark that are still to be skipped.
    to_skip: usize,
    decoder: Option<Decoder>,
    undecoded: Vec<u8>,
    is_at_end: bool,
}

impl Stream {
    /// Also computes the SHA-256 of what is read.
    #[must_use]
    pub fn hashed(mut self) -> Self {
        self.hash = Some(Sha256::new());
        self
    }

    pub fn is_utf_16(&self) -> bool {
        self.decoder.as_ref().is_some_and(|decoder| [UTF_16LE, UTF_16BE].contains(&decoder.encoding()))
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// In hex; empty if it is not computed.
    pub fn sha256(&self) -> String {
        self.hash.as_ref().map_or_else(String::new, |hash| hex::encode(hash.clone().finalize()))
    }

    /// Adds the next piece of text to `text`; returns whether there was one.
    pub fn read_on(&mut self, text: &mut Vec<u8>) -> io::Result<bool> {
        if self.is_at_end {
            return Ok(false);
        }
        let Some(decoder) = &mut self.decoder else {
            let before = text.len();
            let count = Read::by_ref(&mut self.file).take(CHUNK as u64).read_to_end(text)?;
            Self::note(&mut self.hash, &mut self.bytes, &text[before..]);
            let skipped = self.to_skip.min(count);
            self.to_skip -= skipped;
            text.drain(before..before + skipped);
            self.is_at_end = count == 0;
            return Ok(count > 0);
        };
        self.undecoded.clear();
        let count = Read::by_ref(&mut self.file).take(CHUNK as u64).read_to_end(&mut self.undecoded)?;
        Self::note(&mut self.hash, &mut self.bytes, &self.undecoded);
        self.is_at_end = count == 0;
        let before = text.len();
        let room = decoder.max_utf8_buffer_length(count).expect("a chunk is far from the largest length");
        text.resize(before + room, 0);
        let (_, _, written, _) = decoder.decode_to_utf8(&self.undecoded, &mut text[before..], self.is_at_end);
        text.truncate(before + written);
        Ok(count > 0 || written > 0)
    }

    fn note(hash: &mut Option<Sha256>, bytes: &mut u64, read: &[u8]) {
        if let Some(hash) = hash {
            hash.update(read);
        }
        *bytes += read.len() as u64;
    }
}
