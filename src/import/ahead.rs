//! Records read ahead by a second thread, while the first stores them.

use std::sync::mpsc;

use super::records::{Record, Records};
use crate::error::Result;

/// Records that are read ahead of those who use them: so many at a time, and so many times.
const BATCH: usize = 256;
const BATCHES_AHEAD: usize = 8;

/// Records that go from one thread to the other, and the bytes of the file read so far.
struct Batch {
    records: Vec<Record>,
    filled: usize,
    bytes: u64,
}

/// Gives every record that is left to `each`, with the bytes read so far, while a second thread reads on. At the end,
/// the stream's SHA-256.
///
/// # Errors
/// As [`Records::next`], and those of `each`.
pub fn read_ahead(mut records: Records<'_>, mut each: impl FnMut(&Record, u64) -> Result<()>) -> Result<String> {
    let (to_user, from_reader) = mpsc::sync_channel::<Batch>(BATCHES_AHEAD);
    let (to_reader, from_user) = mpsc::channel::<Batch>();
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            loop {
                let mut batch = from_user.try_recv().unwrap_or_else(|_| Batch::new());
                batch.fill(&mut records)?;
                let is_last = batch.filled < BATCH;
                // Where nobody listens any more, the other side has failed and tells why.
                if to_user.send(batch).is_err() || is_last {
                    return Ok(records.sha256());
                }
            }
        });
        for batch in from_reader {
            for record in &batch.records[..batch.filled] {
                each(record, batch.bytes)?;
            }
            // Where the reader is done, it needs no more batches.
            let _ = to_reader.send(batch);
        }
        reader.join().expect("the reader does not panic")
    })
}

impl Batch {
    fn new() -> Self {
        Self { records: vec![Record::default(); BATCH], filled: 0, bytes: 0 }
    }

    fn fill(&mut self, from: &mut Records<'_>) -> Result<()> {
        self.filled = 0;
        while self.filled < BATCH && from.next(&mut self.records[self.filled])? {
            self.filled += 1;
        }
        self.bytes = from.bytes();
        Ok(())
    }
}
