//! One record of the file: its fields, and the text as it was before they were cleaned.

use std::ops::Range;

use crate::import::ids;

/// One record of the file, reused because allocating one costs more than filling it.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// The line, from 1, that it begins on.
    pub line: u64,
    /// Why its fields cannot be separated; it has none then.
    pub fault: Option<&'static str>,
    pub is_ended: bool,
    /// Whether one of its ids was cleaned.
    pub has_cleaned_id: bool,
    /// The record as in the file, then the fields that differ from it.
    pub(super) text: Vec<u8>,
    raw_length: usize,
    pub(super) fields: Vec<Range<usize>>,
}

impl Record {
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    pub fn field(&self, place: usize) -> &[u8] {
        &self.text[self.fields[place].clone()]
    }

    pub fn fields(&self) -> impl Iterator<Item = &[u8]> {
        self.fields.iter().map(|range| &self.text[range.clone()])
    }

    /// The record as in the file, without its line end.
    pub fn raw(&self) -> &[u8] {
        &self.text[..self.raw_length]
    }

    pub(super) fn clear(&mut self, line: u64) {
        self.line = line;
        self.fault = None;
        self.is_ended = true;
        self.has_cleaned_id = false;
        self.text.clear();
        self.fields.clear();
    }

    fn replace(&mut self, place: usize, text: &[u8]) {
        let from = self.text.len();
        self.text.extend_from_slice(text);
        self.fields[place] = from..self.text.len();
    }

    pub(super) fn clean_ids(&mut self, ids: &[usize]) {
        for place in ids {
            if let Some(clean) = self.fields.get(*place).and_then(|field| ids::cleaned(&self.text[field.clone()])) {
                self.replace(*place, &clean);
                self.has_cleaned_id = true;
            }
        }
    }

    /// Unwraps values that programs mark as texts for a spreadsheet: `="007"`.
    pub(super) fn bare_texts(&mut self) {
        for field in &mut self.fields {
            let text = &self.text[field.clone()];
            if text.len() > 3 && text.starts_with(b"=\"") && text.ends_with(b"\"") {
                *field = field.start + 2..field.end - 1;
            }
        }
    }

    pub(super) fn set_raw(&mut self, raw: &[u8]) {
        self.text.extend_from_slice(raw);
        self.raw_length = raw.len();
    }
}
