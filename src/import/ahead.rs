//! Records read and parsed ahead by a second thread, while the first stores them.

use std::sync::mpsc;

use super::records::{Record, Records};
use crate::error::Result;

/// The size of a batch, and the number of batches read ahead.
const BATCH: usize = 256;
const BATCHES_AHEAD: usize = 8;

struct Batch<Parsed> {
    /// Reused because allocating a record costs more than filling it.
    records: Vec<Record>,
    parsed: Vec<Parsed>,
    bytes: u64,
}

/// Passes every remaining record, parsed, to `each`, with the bytes read so far; returns the SHA-256 of the stream.
pub fn read_ahead<Parsed: Send>(
    mut records: Records<'_>,
    parse: impl Fn(&Record) -> Parsed + Send,
    mut each: impl FnMut(&Record, &Parsed, u64) -> Result<()>,
) -> Result<String> {
    let (to_user, from_reader) = mpsc::sync_channel::<Batch<Parsed>>(BATCHES_AHEAD);
    let (to_reader, from_user) = mpsc::channel::<Batch<Parsed>>();
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            loop {
                let mut batch = from_user.try_recv().unwrap_or_else(|_| Batch::new());
                batch.fill(&mut records, &parse)?;
                let is_last = batch.parsed.len() < BATCH;
                // If the receiver is gone, the other thread has failed and reports why.
                if to_user.send(batch).is_err() || is_last {
                    return Ok(records.sha256());
                }
            }
        });
        for batch in from_reader {
            for (record, parsed) in batch.records.iter().zip(&batch.parsed) {
                each(record, parsed, batch.bytes)?;
            }
            // A reader that has finished needs no more batches.
            let _ = to_reader.send(batch);
        }
        reader.join().expect("the reader does not panic")
    })
}

impl<Parsed> Batch<Parsed> {
    fn new() -> Self {
        Self { records: vec![Record::default(); BATCH], parsed: Vec::with_capacity(BATCH), bytes: 0 }
    }

    fn fill(&mut self, from: &mut Records<'_>, parse: impl Fn(&Record) -> Parsed) -> Result<()> {
        self.parsed.clear();
        for record in &mut self.records {
            if !from.next(record)? {
                break;
            }
            self.parsed.push(parse(record));
        }
        self.bytes = from.bytes();
        Ok(())
    }
}
