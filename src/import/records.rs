//! The file as records with the line that each stands on, and the guards against a quotation mark that is not closed.
//!
//! A CSV reader takes everything up to the next quotation mark into one field, be it half the book. Three things give that
//! away: an odd number of marks in the file, a field that is far too long, and a field over several lines of which one has
//! as many commas as a loan has.

use std::io::{BufRead, BufReader};
use std::sync::mpsc;

use csv::ByteRecord;

use super::source::{Source, Stream};
use crate::error::{Error, Result};

/// A field longer than this, in bytes, is no value.
const LONGEST_FIELD: usize = 64 * 1024;

/// Records that are read ahead of those who use them: so many at a time, and so many times.
const BATCH: usize = 256;
const BATCHES_AHEAD: usize = 8;

/// A file that is being read.
pub struct Records<'file> {
    source: &'file Source,
    reader: csv::Reader<Stream>,
}

/// Records with the lines that they begin on. Kept to be filled again, since making a record costs more than filling one.
struct Batch {
    records: Vec<(u64, ByteRecord)>,
    filled: usize,
    /// Bytes of the file read so far.
    bytes: u64,
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
        Ok(Self { source, reader })
    }

    /// The next record, and the line that it begins on; the header is the first.
    ///
    /// # Errors
    /// [`Error::Refused`] for a quotation mark that is not closed; [`Error::Io`] when the file cannot be read.
    pub fn next(&mut self, record: &mut ByteRecord) -> Result<Option<u64>> {
        if !self.reader.read_byte_record(record).map_err(|error| self.unreadable(error))? {
            return if self.reader.get_ref().quotes_are_paired() { Ok(None) } else { Err(self.unpaired_quote()?) };
        }
        let offset = record.position().map_or(0, csv::Position::byte);
        let line = self.reader.get_mut().lines.of(offset);
        if record.as_slice().len() > LONGEST_FIELD && record.iter().any(|field| field.len() > LONGEST_FIELD) {
            return Err(self.source.refused(vec![format!(
                "line {line} holds a field of more than {LONGEST_FIELD} bytes: a quotation mark is not closed there"
            )]));
        }
        if memchr::memchr2(b'\n', b'\r', record.as_slice()).is_some() && holds_a_loan(record) {
            return Err(self.source.refused(vec![format!(
                "a quotation mark in line {line} is not closed there, so that later lines were read as part of its field: \
                 close or remove it"
            )]));
        }
        Ok(Some(line))
    }

    /// Gives every record that is left to `each`, with its line and the bytes read so far, while a second thread reads on.
    /// At the end, the SHA-256 of the file in hex.
    ///
    /// # Errors
    /// As [`Records::next`], and those of `each`.
    pub fn read_ahead(mut self, mut each: impl FnMut(u64, &ByteRecord, u64) -> Result<()>) -> Result<String> {
        let (to_user, from_reader) = mpsc::sync_channel::<Batch>(BATCHES_AHEAD);
        let (to_reader, from_user) = mpsc::channel::<Batch>();
        std::thread::scope(|scope| {
            let reader = scope.spawn(move || {
                loop {
                    let mut batch = from_user.try_recv().unwrap_or_else(|_| Batch::new());
                    self.fill(&mut batch)?;
                    let is_last = batch.filled < BATCH;
                    // Where nobody listens any more, the other side has failed and tells why.
                    if to_user.send(batch).is_err() || is_last {
                        return Ok(self.reader.get_ref().sha256());
                    }
                }
            });
            for batch in from_reader {
                for (line, record) in &batch.records[..batch.filled] {
                    each(*line, record, batch.bytes)?;
                }
                // Where the reader is done, it needs no more batches.
                let _ = to_reader.send(batch);
            }
            reader.join().expect("the reader does not panic")
        })
    }

    fn fill(&mut self, batch: &mut Batch) -> Result<()> {
        batch.filled = 0;
        while batch.filled < BATCH {
            let (line, record) = &mut batch.records[batch.filled];
            match self.next(record)? {
                Some(found) => *line = found,
                None => break,
            }
            batch.filled += 1;
        }
        batch.bytes = self.reader.get_ref().bytes();
        Ok(())
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

impl Batch {
    fn new() -> Self {
        Self { records: vec![(0, ByteRecord::new()); BATCH], filled: 0, bytes: 0 }
    }
}

/// Whether a line inside one of the fields has as many commas as the record has: then it is a line of the file that was
/// swallowed. The first piece of a field belongs to the record itself.
fn holds_a_loan(record: &ByteRecord) -> bool {
    let commas = record.len() - 1;
    let swallowed = |piece: &[u8]| commas > 0 && memchr::memchr_iter(b',', piece).count() >= commas;
    record.iter().any(|field| field.split(|byte| matches!(byte, b'\n' | b'\r')).skip(1).any(swallowed))
}
