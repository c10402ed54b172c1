//! How the file's characters are written: UTF-8, UTF-16 or Windows-1252, found by looking at all of its bytes.
//!
//! A byte order mark decides. Without one, zeros in every other byte mean UTF-16; bytes that are not UTF-8, in a file without
//! any other UTF-8, mean Windows-1252. A file that is partly one and partly the other is refused.

use std::io::Read;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::memchr_iter;

use super::sniff;
use super::source::{FileEncoding, Source};
use crate::error::{Error, Result};

/// Bytes at the start of the file that are searched for UTF-16 without a mark.
const HEAD: usize = 4096;

/// With this many UTF-8 characters for each invalid byte, a file is UTF-8 with a few damaged bytes.
const UTF_8_FOR_EACH_OTHER: u64 = 10;

/// This many nearby letters of two ASCII bytes each are not UTF-16. One Chinese letter in five is such a pair, few of other
/// languages. Another letter takes two off the count, and an ASCII letter all.
const PAIRS_OF_ASCII: usize = 12;

/// A line feed with its two bytes swapped, and two bytes of a line end as one letter; no language uses them.
const NO_LETTERS: [char; 2] = ['\u{a00}', '\u{a0d}'];

/// Finds how the file is encoded; `set` is the encoding in the configuration, which overrides detection.
pub fn detect(source: &Source, set: Option<&'static Encoding>) -> Result<FileEncoding> {
    let failed = |error| Error::io("read", &source.path, error);
    let mut file = source.open()?;
    let mut chunk = Vec::new();
    Read::by_ref(&mut file).take(HEAD as u64).read_to_end(&mut chunk).map_err(failed)?;
    if let Some(kind) = sniff::other_kind(&chunk, &mut source.open()?).map_err(failed)? {
        return Err(source.refused(vec![kind.to_owned()]));
    }
    let marked = Encoding::for_bom(&chunk).map(|(encoding, _)| encoding);
    if chunk.starts_with(b"\xff\xfe\0\0") || chunk.starts_with(b"\0\0\xfe\xff") {
        return Err(source.refused(vec!["it is encoded in UTF-32: save it as CSV in UTF-8".to_owned()]));
    }
    let is_utf_16 = |encoding: &'static Encoding| encoding == UTF_16LE || encoding == UTF_16BE;
    // "utf-16" means either of the two, as the file's mark says.
    let set = set.map(|set| marked.filter(|marked| is_utf_16(set) && is_utf_16(marked)).unwrap_or(set));
    if let Some(encoding) = set.or(marked) {
        return Ok(FileEncoding { encoding, has_bom: marked == Some(encoding) });
    }
    if let Some(encoding) = utf_16_by_zeros(&chunk) {
        return Ok(FileEncoding { encoding, has_bom: false });
    }
    let mut tally = Tally::default();
    while !chunk.is_empty() {
        tally.look_at(&chunk);
        chunk.clear();
        Read::by_ref(&mut file).take(1 << 18).read_to_end(&mut chunk).map_err(failed)?;
    }
    let encoding = tally.verdict().map_err(|problem| source.refused(vec![problem]))?;
    Ok(FileEncoding { encoding, has_bom: false })
}

/// In UTF-16, the characters of ASCII have a zero in every other byte, and text of any kind has line ends and separators.
fn utf_16_by_zeros(head: &[u8]) -> Option<&'static Encoding> {
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let many = (head.len() / 2 * 2 / 5).max(4);
    match (even >= many, odd >= many) {
        (false, true) if even * 20 < odd => Some(UTF_16LE),
        (true, false) if odd * 20 < even => Some(UTF_16BE),
        _ => None,
    }
}

/// Whether text decoded from UTF-16 has a part that is not UTF-16: one with a lost byte, or in a single-byte encoding. Such a
/// part has no visible separator or line end.
pub fn is_misread(text: &[u8]) -> bool {
    if text.is_ascii() {
        return false;
    }
    let is_ascii = |byte: u8| matches!(byte, 0 | b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let mut pairs = 0_usize;
    String::from_utf8_lossy(text).chars().any(|letter| {
        let is_pair = u16::try_from(u32::from(letter)).is_ok_and(|unit| {
            let [high, low] = unit.to_be_bytes();
            high != 0 && is_ascii(high) && is_ascii(low)
        });
        pairs = match is_pair {
            true => pairs + 1,
            false if letter.is_ascii() => 0,
            false => pairs.saturating_sub(2),
        };
        pairs == PAIRS_OF_ASCII || NO_LETTERS.contains(&letter)
    })
}

#[derive(Debug, Default)]
struct Tally {
    /// Characters beyond ASCII that are valid UTF-8.
    valid: u64,
    /// Invalid positions, and the line of the first.
    invalid: u64,
    first_invalid_line: u64,
    line_ends: u64,
    /// The beginning of a character whose end is in the next chunk.
    unfinished: Vec<u8>,
}

impl Tally {
    fn look_at(&mut self, chunk: &[u8]) {
        if self.unfinished.is_empty() && chunk.is_ascii() {
            if self.invalid == 0 {
                self.line_ends += memchr_iter(b'\n', chunk).count() as u64;
            }
            return;
        }
        let mut bytes = std::mem::take(&mut self.unfinished);
        bytes.extend_from_slice(chunk);
        let mut rest = bytes.as_slice();
        while let Err(error) = std::str::from_utf8(rest) {
            let (valid, other) = rest.split_at(error.valid_up_to());
            self.count_valid(valid);
            let Some(length) = error.error_len() else {
                self.unfinished = other.to_vec();
                return;
            };
            self.count_invalid();
            rest = &other[length..];
        }
        self.count_valid(rest);
    }

    fn count_valid(&mut self, text: &[u8]) {
        self.valid += text.iter().filter(|byte| **byte >= 0xC0).count() as u64;
        if self.invalid == 0 {
            self.line_ends += memchr_iter(b'\n', text).count() as u64;
        }
    }

    fn count_invalid(&mut self) {
        if self.invalid == 0 {
            self.first_invalid_line = self.line_ends + 1;
        }
        self.invalid += 1;
    }

    fn verdict(mut self) -> std::result::Result<&'static Encoding, String> {
        if !self.unfinished.is_empty() {
            self.count_invalid();
        }
        let Self { valid, invalid, first_invalid_line, .. } = self;
        if invalid == 0 || valid >= invalid * UTF_8_FOR_EACH_OTHER {
            return Ok(UTF_8);
        }
        if valid == 0 {
            return Ok(WINDOWS_1252);
        }
        Err(format!(
            "its encoding is unclear: {valid} characters fit UTF-8 and {invalid} places do not, the first in line \
             {first_invalid_line}: set encoding = \"utf-8\" or \"windows-1252\" under [import] in the configuration"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The encoding of these bytes, whatever the chunks they come in.
    fn found(bytes: &[u8]) -> std::result::Result<&'static Encoding, String> {
        let verdict = |size: usize| {
            let mut tally = Tally::default();
            bytes.chunks(size).for_each(|chunk| tally.look_at(chunk));
            tally.verdict()
        };
        let whole = verdict(bytes.len());
        assert!((1..bytes.len()).all(|size| verdict(size) == whole));
        whole
    }

    #[test]
    fn utf_8_and_windows_1252_are_distinguished() {
        assert_eq!(found("Asha,Béatrice,₹ 5".as_bytes()), Ok(UTF_8));
        assert_eq!(found(b"plain"), Ok(UTF_8));
        assert_eq!(found(b"B\xe9atrice,\x80 5"), Ok(WINDOWS_1252));
        assert_eq!(found(b"Asha,B\xe9"), Ok(WINDOWS_1252));
    }

    #[test]
    fn a_file_of_two_encodings_is_not_guessed_at() {
        let problem = found("a\nBé".as_bytes().iter().copied().chain(*b"\nB\xe9,").collect::<Vec<_>>().as_slice());
        assert!(problem.unwrap_err().contains("line 3"));
        let mostly: Vec<u8> = "é".repeat(20).bytes().chain(*b"\xe9,").collect();
        assert_eq!(found(&mostly), Ok(UTF_8));
    }

    #[test]
    fn a_part_of_utf_16_that_is_not_is_noticed() {
        let line = "LN-0001,Salaried,1000.50,12\r\nLN-0002";
        let bytes = line.encode_utf16().flat_map(u16::to_le_bytes).skip(1).collect::<Vec<u8>>();
        let western = b"LN-0001,Zo\xEB,Salaried,1\xA0000,50,12.5,2024-03-31,Ren\xE9e,1\xA0234,00,Fully Recovered,12\n";
        for (bytes, encoding) in [
            (&bytes[..], UTF_16LE),
            (line.as_bytes(), UTF_16LE),
            (line.as_bytes(), UTF_16BE),
            (western, UTF_16LE),
            (western, UTF_16BE),
        ] {
            let text = encoding.decode_without_bom_handling(bytes).0;
            assert!(is_misread(format!("LN-0000,{text},5").as_bytes()), "{text}");
        }
        assert!(is_misread("\u{a00}LN-0001,Salaried".as_bytes()));
        for text in [line, "LN-0001,王小明 分期付款買賣契約書貸款金額不足,1000.50", "LN-1,ഊർമ്മിള നായർ,ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ,₹ 5"]
        {
            assert!(!is_misread(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn utf_16_without_a_mark_is_known_by_its_zeros() {
        let text = "Loan_ID,Days_Past_Due\n1,2\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(utf_16_by_zeros(&little), Some(UTF_16LE));
        assert_eq!(utf_16_by_zeros(&big), Some(UTF_16BE));
        assert_eq!(utf_16_by_zeros(text.as_bytes()), None);
        assert_eq!(utf_16_by_zeros(b"a,b\0\n1,2\n"), None);
    }
}
