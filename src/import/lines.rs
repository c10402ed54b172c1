//! Which line of the file a record stands on.
//!
//! A CSV reader knows where in the bytes a record begins, not on which line a person finds it: it reads ahead, skips blank
//! lines, and counts the second half of a CR LF with the next record. So the ends of lines are noted as the bytes go by.

use std::collections::VecDeque;

use memchr::memchr2_iter;

/// The lines that were read but not yet asked about.
#[derive(Debug, Default)]
pub struct Lines {
    /// Where each line ends: the offset of its CR, LF, or of the CR before the LF; and whether it is blank.
    ends: VecDeque<(u64, bool)>,
    /// Lines before the first of `ends`.
    passed: u64,
    /// Bytes looked at.
    seen: u64,
    /// Where the line begins that has not ended yet.
    start: u64,
    /// Whether the last byte looked at was a CR.
    is_after_cr: bool,
}

impl Lines {
    /// Looks at the next bytes of the file.
    pub fn look_at(&mut self, bytes: &[u8]) {
        let mut last_cr = self.is_after_cr.then(|| self.seen.wrapping_sub(1));
        for place in memchr2_iter(b'\n', b'\r', bytes) {
            let offset = self.seen + place as u64;
            let is_second_half = bytes[place] == b'\n' && last_cr.is_some_and(|cr| cr.wrapping_add(1) == offset);
            if !is_second_half {
                self.ends.push_back((offset, offset == self.start));
            }
            self.start = offset + 1;
            last_cr = (bytes[place] == b'\r').then_some(offset);
        }
        self.seen += bytes.len() as u64;
        self.is_after_cr = bytes.last().map_or(self.is_after_cr, |byte| *byte == b'\r');
    }

    /// The line, from 1, of the record that the reader found at this offset or after the line ends and blank lines there.
    /// Offsets must not go back.
    pub fn of(&mut self, offset: u64) -> u64 {
        while self.ends.front().is_some_and(|(end, is_blank)| *end < offset || *is_blank) {
            self.ends.pop_front();
            self.passed += 1;
        }
        self.passed + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of records that a CSV reader finds in this text, fed in pieces of every size.
    fn lines_of(text: &str) -> Vec<u64> {
        let mut found = Vec::new();
        for size in 1..=text.len() {
            let mut lines = Lines::default();
            text.as_bytes().chunks(size).for_each(|piece| lines.look_at(piece));
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let mut record = csv::ByteRecord::new();
            let mut this = Vec::new();
            while reader.read_byte_record(&mut record).unwrap() {
                this.push(lines.of(record.position().unwrap().byte()));
            }
            assert!(found.is_empty() || found == this, "pieces of {size} bytes: {this:?} against {found:?}");
            found = this;
        }
        found
    }

    #[test]
    fn lines_are_those_that_an_editor_shows() {
        assert_eq!(lines_of("a,b\n1,2\n3,4\n"), [1, 2, 3]);
        assert_eq!(lines_of("a,b\r\n1,2\r\n3,4\r\n"), [1, 2, 3]);
        assert_eq!(lines_of("a,b\r1,2\r3,4"), [1, 2, 3]);
        assert_eq!(lines_of("a,b\n\n\n1,2\n\n3,4"), [1, 4, 6]);
        assert_eq!(lines_of("a,b\r\n\r\n1,2\r\n\r\n\r\n3,4\r\n"), [1, 3, 6]);
        assert_eq!(lines_of("a,b\n\"x\ny\",2\n3,4\n"), [1, 2, 4]);
        assert_eq!(lines_of("a,b\r\n\"x\r\n\r\ny\",2\r\n3,4\r\n5,6\n7,8\r\n"), [1, 2, 5, 6, 7]);
        assert_eq!(lines_of("\u{feff}a,b\n1,2\n\n3,4\n"), [1, 2, 4]);
    }
}
