//! The file's text as records, each with the line that it begins on.
//!
//! The `csv` crate accepts text after a closing quotation mark, an unclosed mark that swallows half the book, and a last line
//! without its end. Here each is a reported fault, because it is how loans get lost or changed.

mod record;

use std::cmp::Ordering;
use std::ops::Range;

use memchr::{memchr, memchr_iter, memchr2};

pub use record::Record;

use super::encoding::is_misread;
use super::source::{Source, Stream};
use crate::error::{Error, Result};

const LONGEST_FIELD: usize = 64 * 1024;

const LONGEST_LINE: usize = 8 * 1024 * 1024;

pub struct Records<'file> {
    source: &'file Source,
    stream: Stream,
    separator: u8,
    /// Text that was read; everything before `start` is done.
    text: Vec<u8>,
    start: usize,
    is_at_end: bool,
    line: u64,
    /// The number of fields of a loan, once the header is known.
    width: usize,
    numbers: [usize; 2],
    ids: Vec<usize>,
}

impl<'file> Records<'file> {
    pub fn new(source: &'file Source, stream: Stream, separator: u8) -> Self {
        Self {
            source,
            stream,
            separator,
            text: Vec::new(),
            start: 0,
            is_at_end: false,
            line: 1,
            width: 0,
            numbers: [0; 2],
            ids: Vec::new(),
        }
    }

    pub fn expect_loans(&mut self, width: usize, numbers: [usize; 2], ids: Vec<usize>) {
        (self.width, self.numbers, self.ids) = (width, numbers, ids);
    }

    pub fn sha256(&self) -> String {
        self.stream.sha256()
    }

    pub fn bytes(&self) -> u64 {
        self.stream.bytes()
    }

    /// Fills in the next record that is not a blank line; returns whether there was one.
    ///
    /// # Errors
    /// [`Error::Refused`] for a quotation mark that is not closed, or a field or line without end; [`Error::Io`] when the
    /// file cannot be read.
    pub fn next(&mut self, record: &mut Record) -> Result<bool> {
        loop {
            let Some(end) = self.line_end()? else { return Ok(false) };
            if end == self.start && end < self.text.len() {
                self.pass_line_end(end)?;
                continue;
            }
            record.clear(self.line);
            if memchr(b'"', &self.text[self.start..end]).is_some() {
                self.read_quoted(record)?;
                record.bare_texts();
            } else {
                self.read_plain(end, record)?;
            }
            record.clean_ids(&self.ids);
            if self.stream.is_utf_16() && is_misread(record.raw()) {
                record.fields.clear();
                record.fault = Some("not encoded like the rest of the file, or a byte is missing");
            }
            return Ok(true);
        }
    }

    /// The end of the line at `start`, or nothing if there is no line.
    fn line_end(&mut self) -> Result<Option<usize>> {
        let mut looked_at = self.start;
        loop {
            if let Some(place) = memchr2(b'\n', b'\r', &self.text[looked_at..]) {
                return Ok(Some(looked_at + place));
            }
            if self.text.len() - self.start > LONGEST_LINE {
                let line = self.line;
                return Err(self.source.refused(vec![format!(
                    "line {line} is longer than {LONGEST_LINE} bytes: this is not a CSV file"
                )]));
            }
            let known = self.text.len() - self.start;
            if !self.read_on()? {
                return Ok((self.start < self.text.len()).then_some(self.text.len()));
            }
            looked_at = self.start + known;
        }
    }

    /// Drops finished text and reads more; returns whether there was more. Positions relative to `start` stay valid.
    fn read_on(&mut self) -> Result<bool> {
        if self.is_at_end {
            return Ok(false);
        }
        self.text.drain(..self.start);
        self.start = 0;
        let read = self.stream.read_on(&mut self.text);
        let is_more = read.map_err(|error| Error::io("read", &self.source.path, error))?;
        self.is_at_end = !is_more;
        Ok(is_more)
    }

    fn pass_line_end(&mut self, mut end: usize) -> Result<()> {
        if self.text[end] == b'\r' {
            if end + 1 == self.text.len() {
                let before = end - self.start;
                self.read_on()?;
                end = self.start + before;
            }
            if self.text.get(end + 1) == Some(&b'\n') {
                end += 1;
            }
        }
        self.start = end + 1;
        self.line += 1;
        Ok(())
    }

    /// A line without quotation marks, as nearly every line is.
    fn read_plain(&mut self, end: usize, record: &mut Record) -> Result<()> {
        let line = &self.text[self.start..end];
        record.set_raw(line);
        let mut from = 0;
        for place in memchr_iter(self.separator, line) {
            record.fields.push(from..place);
            from = place + 1;
        }
        record.fields.push(from..line.len());
        if line.len() > LONGEST_FIELD && record.fields.iter().any(|field| field.len() > LONGEST_FIELD) {
            return Err(self.too_long(self.line));
        }
        self.finish(end, record)
    }

    fn finish(&mut self, end: usize, record: &mut Record) -> Result<()> {
        if end < self.text.len() {
            return self.pass_line_end(end);
        }
        self.start = end;
        record.is_ended = false;
        Ok(())
    }

    fn read_quoted(&mut self, record: &mut Record) -> Result<()> {
        let mut places: Vec<(Range<usize>, bool)> = Vec::new();
        // Positions are relative to `start`, which moves when more text is read.
        let mut at = 0;
        let length = loop {
            if self.byte(at)? == Some(b'"') {
                let Some(quoted) = self.quoted_field(at + 1, places.len())? else {
                    return self.malformed(at, record);
                };
                at = quoted.0.end + 1;
                places.push(quoted);
            } else {
                let from = at;
                while self.byte(at)?.is_some_and(|byte| byte != self.separator && !matches!(byte, b'\n' | b'\r')) {
                    at += 1;
                }
                if at - from > LONGEST_FIELD {
                    return Err(self.too_long(self.line));
                }
                places.push((from..at, false));
            }
            match self.byte(at)? {
                Some(byte) if byte == self.separator => at += 1,
                _ => break at,
            }
        };
        let end = self.start + length;
        record.set_raw(&self.text[self.start..end]);
        for (place, has_doubled_mark) in places {
            let from = record.text.len();
            record.fields.push(if has_doubled_mark {
                let mut is_second = false;
                let single = record.text[place].iter().copied().filter(|byte| {
                    is_second = *byte == b'"' && !is_second;
                    *byte != b'"' || is_second
                });
                let single: Vec<u8> = single.collect();
                record.text.extend(single);
                from..record.text.len()
            } else {
                place
            });
        }
        self.line += line_ends(record.raw());
        self.finish(end, record)
    }

    fn byte(&mut self, at: usize) -> Result<Option<u8>> {
        while self.start + at >= self.text.len() {
            if !self.read_on()? {
                return Ok(None);
            }
        }
        Ok(Some(self.text[self.start + at]))
    }

    /// The content of the quoted field that begins here, after `before` others, and whether it has doubled marks. Nothing if
    /// text follows the closing mark on the line where the field began.
    fn quoted_field(&mut self, from: usize, before: usize) -> Result<Option<(Range<usize>, bool)>> {
        let mut at = from;
        let mut has_doubled_mark = false;
        loop {
            let Some(mark) = memchr(b'"', &self.text[self.start + at..]).map(|place| at + place) else {
                at = self.text.len() - self.start;
                if at - from > LONGEST_FIELD {
                    return Err(self.too_long(self.line_of(from)));
                }
                if !self.read_on()? {
                    return Err(self.unclosed(from, "is never closed"));
                }
                continue;
            };
            self.check_content(from..mark, before)?;
            match self.byte(mark + 1)? {
                Some(b'"') => {
                    has_doubled_mark = true;
                    at = mark + 2;
                }
                Some(byte) if byte != self.separator && !matches!(byte, b'\n' | b'\r') => {
                    let content = &self.text[self.start + from..self.start + mark];
                    if memchr2(b'\n', b'\r', content).is_some() {
                        return Err(self.unclosed(from, "is not closed there"));
                    }
                    return Ok(None);
                }
                _ => return Ok(Some((from..mark, has_doubled_mark))),
            }
        }
    }

    /// Refuses a quoted field that is too long or has swallowed a loan: a later line looks like one, or the first line looks like
    /// the rest of a loan and the last like the start of another.
    fn check_content(&self, content: Range<usize>, before: usize) -> Result<()> {
        if content.len() > LONGEST_FIELD {
            return Err(self.too_long(self.line_of(content.start)));
        }
        let text = &self.text[self.start + content.start..self.start + content.end];
        let fields =
            |piece: &'_ [u8]| piece.split(|byte| *byte == self.separator).map(<[u8]>::to_vec).collect::<Vec<_>>();
        let mut pieces = text.split(|byte| matches!(byte, b'\n' | b'\r')).map(fields);
        let first = pieces.next().unwrap_or_default();
        let later: Vec<Vec<Vec<u8>>> = pieces.collect();
        let is_loan = |piece: &Vec<Vec<u8>>| {
            piece.len() >= self.width && self.numbers.iter().all(|place| is_like_a_number(&piece[*place]))
        };
        let is_of_two = |last: &Vec<Vec<u8>>| {
            let number = |place: usize| match place.cmp(&before) {
                Ordering::Less => is_like_a_number(&last[place]),
                Ordering::Equal => true,
                Ordering::Greater => is_like_a_number(&first[place - before]),
            };
            first.len() + before >= self.width && last.len() > before && self.numbers.into_iter().all(number)
        };
        if self.width > 1 && (later.iter().any(is_loan) || later.last().is_some_and(is_of_two)) {
            return Err(
                self.unclosed(content.start, "is not closed there, so that later lines were read as part of its field")
            );
        }
        Ok(())
    }

    /// Makes a line a record without fields, because a mark in it is neither doubled nor at an end of its field.
    fn malformed(&mut self, at: usize, record: &mut Record) -> Result<()> {
        // Earlier fields may span several lines.
        let passed = line_ends(&self.text[self.start..self.start + at]);
        let mut length = at;
        while self.byte(length)?.is_some_and(|byte| !matches!(byte, b'\n' | b'\r')) {
            length += 1;
        }
        let end = self.start + length;
        record.set_raw(&self.text[self.start..end]);
        record.fault = Some("text follows the closing quotation mark of a field: double any quotation marks inside it");
        self.line += passed;
        self.finish(end, record)
    }

    fn line_of(&self, at: usize) -> u64 {
        self.line + line_ends(&self.text[self.start..self.start + at])
    }

    fn unclosed(&self, from: usize, what: &str) -> Error {
        let line = self.line_of(from);
        self.source.refused(vec![format!("a quotation mark in line {line} {what}: close or remove it")])
    }

    fn too_long(&self, line: u64) -> Error {
        self.source.refused(vec![format!(
            "line {line} has a field of more than {LONGEST_FIELD} bytes: a quotation mark is not closed there, or this is \
             no CSV file"
        )])
    }
}

/// Whether a text has digits, and no more letters than a currency sign.
pub fn is_like_a_number(text: &[u8]) -> bool {
    const LETTERS_OF_A_CURRENCY: usize = 4;
    text.iter().any(u8::is_ascii_digit)
        && text.iter().filter(|byte| byte.is_ascii_alphabetic()).count() <= LETTERS_OF_A_CURRENCY
}

/// The line ends in a text: CR, LF, or both together.
fn line_ends(text: &[u8]) -> u64 {
    let pairs = text.windows(2).filter(|pair| *pair == b"\r\n").count();
    (text.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() - pairs) as u64
}

#[cfg(test)]
mod tests;
