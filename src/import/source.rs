//! The file as it is read: a stream of bytes that is counted, hashed and looked at on its way.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::lines::Lines;
use crate::error::{Error, Refusal, Result};

/// The lender's file: where it is, and how long.
#[derive(Debug, Clone)]
pub struct Source {
    pub path: PathBuf,
    /// Bytes, as the file system says; for the progress bar only.
    pub length: u64,
}

impl Source {
    /// Looks at the file without reading it.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is not there or is no file.
    pub fn find(path: &Path) -> Result<Self> {
        let refused = |problem: String| Error::Refused(Refusal { file: path.to_owned(), problems: vec![problem] });
        let facts = std::fs::metadata(path).map_err(|error| refused(format!("the file cannot be read: {error}")))?;
        if !facts.is_file() {
            return Err(refused("it is not a file: name the CSV itself".to_owned()));
        }
        Ok(Self { path: path.to_owned(), length: facts.len() })
    }

    /// The file's name without its folder.
    pub fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Opens the file for reading it once through.
    ///
    /// # Errors
    /// [`Error::Refused`] when it cannot be opened.
    pub fn open(&self) -> Result<Stream> {
        match File::open(&self.path) {
            Ok(file) => Ok(Stream { file, hash: Sha256::new(), bytes: 0, quotes: 0, lines: Lines::default() }),
            Err(error) => Err(self.refused(vec![format!("the file cannot be opened: {error}")])),
        }
    }

    /// The SHA-256 of the whole file, in hex.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn sha256(&self) -> Result<String> {
        let mut stream = self.open()?;
        io::copy(&mut stream, &mut io::sink()).map_err(|error| Error::io("read", &self.path, error))?;
        Ok(stream.sha256())
    }

    /// The refusal of this file, with all that is wrong with it.
    pub fn refused(&self, problems: Vec<String>) -> Error {
        Error::Refused(Refusal { file: self.path.clone(), problems })
    }
}

/// Bytes on their way to the CSV reader.
pub struct Stream {
    file: File,
    hash: Sha256,
    bytes: u64,
    quotes: u64,
    /// Where the lines end.
    pub lines: Lines,
}

impl Stream {
    /// Bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether every quotation mark so far has its partner.
    pub fn quotes_are_paired(&self) -> bool {
        self.quotes.is_multiple_of(2)
    }

    /// The SHA-256, in hex, of all that was read.
    pub fn sha256(&self) -> String {
        hex::encode(self.hash.clone().finalize())
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.hash.update(&buffer[..count]);
        self.quotes += memchr::memchr_iter(b'"', &buffer[..count]).count() as u64;
        self.lines.look_at(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }
}
