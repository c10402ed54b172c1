//! The file as records with the line that each stands on, and the guards against a quotation mark that is not closed.
//!
//! A CSV reader takes everything up to the next quotation mark into one field, be it half the book. Three things give that
//! away: an odd number of marks in the file, a field that is far too long, and a field over several lines of which one has
//! as many commas as a loan has.

use std::io::{BufRead, BufReader};

use csv::ByteRecord;

use super::source::{Source, Stream};
use crate::error::{Error, Result};

/// A field longer than this, in bytes, is no value.
const LONGEST_FIELD: usize = 64 * 1024;

/// A file that is being read.
pub struct Records<'file> {
    source: &'file Source,
    reader: csv::Reader<Stream>,
    record: ByteRecord,
}

impl<'file> Records<'file> {
    /// Opens the file.
    ///
    /// # Errors
    /// [`Error::Refused`] when it cannot be opened.
    pub fn open(source: &'file Source) -> Result<Self> {
        let reader = csv::ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .buffer_capacity(1 << 18)
            .from_reader(source.open()?);
        Ok(Self { source, reader, record: ByteRecord::new() })
    }

    /// The next record and the line that it begins on, the header included.
    ///
    /// # Errors
    /// [`Error::Refused`] for a quotation mark that is not closed; [`Error::Io`] when the file cannot be read.
    pub fn next(&mut self) -> Result<Option<(u64, &ByteRecord)>> {
        if !self.reader.read_byte_record(&mut self.record).map_err(|error| self.unreadable(error))? {
            return if self.reader.get_ref().quotes_are_paired() { Ok(None) } else { Err(self.unpaired_quote()?) };
        }
        let offset = self.record.position().map_or(0, csv::Position::byte);
        let line = self.reader.get_mut().lines.of(offset);
        if self.record.as_slice().len() > LONGEST_FIELD && self.record.iter().any(|field| field.len() > LONGEST_FIELD) {
            return Err(self.source.refused(vec![format!(
                "line {line} holds a field of more than {LONGEST_FIELD} bytes: a quotation mark is not closed there"
            )]));
        }
        if memchr::memchr2(b'\n', b'\r', self.record.as_slice()).is_some() && holds_a_loan(&self.record) {
            return Err(self.source.refused(vec![format!(
                "a quotation mark in line {line} is not closed there, so that later lines were read as part of its field: \
                 close or remove it"
            )]));
        }
        Ok(Some((line, &self.record)))
    }

    /// Bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.reader.get_ref().bytes()
    }

    /// The SHA-256, in hex, of all that was read.
    pub fn sha256(&self) -> String {
        self.reader.get_ref().sha256()
    }

    fn unreadable(&self, error: csv::Error) -> Error {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => Error::io("read", &self.source.path, error),
            other => self.source.refused(vec![format!("the file is not CSV: {other:?}")]),
        }
    }

    /// The refusal of a file with an odd number of quotation marks, which names the first line that has one too many.
    fn unpaired_quote(&self) -> Result<Error> {
        let failed = |error| Error::io("read", &self.source.path, error);
        let mut file = BufReader::new(self.source.open()?);
        let mut bytes = Vec::new();
        let mut line = 0;
        while file.read_until(b'\n', &mut bytes).map_err(failed)? > 0 {
            line += 1;
            if memchr::memchr_iter(b'"', &bytes).count() % 2 == 1 {
                break;
            }
            bytes.clear();
        }
        Ok(self.source.refused(vec![format!(
            "the file has an odd number of quotation marks, so one is never closed: look at line {line} first"
        )]))
    }
}

/// Whether a line inside one of the fields has as many commas as the record has: then it is a line of the file that was
/// swallowed. The first piece of a field belongs to the record itself.
fn holds_a_loan(record: &ByteRecord) -> bool {
    let commas = record.len() - 1;
    let swallowed = |piece: &[u8]| commas > 0 && memchr::memchr_iter(b',', piece).count() >= commas;
    record.iter().any(|field| field.split(|byte| matches!(byte, b'\n' | b'\r')).skip(1).any(swallowed))
}
