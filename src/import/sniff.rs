//! Recognises files of another kind by their first bytes, and says what to do with them.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use memchr::memmem;

const TAIL: u64 = 64 * 1024;

const EXCEL: &str = "this is an Excel workbook, not a CSV file: save the sheet with the loans as CSV UTF-8";
const OLD_EXCEL: &str = "this is an old Excel workbook (.xls) or another Office document, or a workbook with a password, not a CSV \
    file: save the sheet with the loans as CSV UTF-8";
const OPEN_DOCUMENT: &str =
    "this is an OpenDocument spreadsheet, not a CSV file: save the sheet with the loans as CSV in UTF-8";
const EXCEL_XML: &str = "this is an Excel workbook as XML, not a CSV file: save the sheet with the loans as CSV UTF-8";
const HTML: &str = "this is a web page (HTML), not a CSV file: if it shows a table, open it in a spreadsheet program and save it \
    as CSV UTF-8; if it shows an error or asks for a password, export the file again";
const ARCHIVE: &str = "this is a compressed file, not a CSV file: unpack it and name the CSV that is in it";
const PDF: &str = "this is a PDF, not a CSV file: export the loans as CSV";
const PICTURE: &str = "this is a picture, not a CSV file: export the loans as CSV";
const TABLE: &str =
    "this is a data file of another program (Parquet, ORC, Avro or Arrow), not a CSV file: export the loans as CSV";

const BEGINNINGS: [(&[u8], &str); 21] = [
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLD_EXCEL),
    (b"\x1f\x8b", ARCHIVE),
    (b"BZh91AY&SY", ARCHIVE),
    (b"\xfd7zXZ\0", ARCHIVE),
    (b"\x28\xb5\x2f\xfd", ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", ARCHIVE),
    (b"Rar!\x1a", ARCHIVE),
    (b"\x1f\x9d", ARCHIVE),
    (b"%PDF-", PDF),
    (b"PAR1\x15", TABLE),
    (b"ORC\x0a", TABLE),
    (b"ORC\x08", TABLE),
    (b"Obj\x01", TABLE),
    (b"ARROW1\0\0", TABLE),
    (b"SQLite format 3\0", "this is an SQLite database, not a CSV file: name it with --db, or export the loans as CSV"),
    (b"{\\rtf", "this is a text document (RTF), not a CSV file: export the loans as CSV"),
    (b"\x89PNG\r\n", PICTURE),
    (b"\xff\xd8\xff", PICTURE),
    (b"GIF8", PICTURE),
    (b"II*\0", PICTURE),
    (b"\0\x01\0\0Standard ", "this is an Access database, not a CSV file: export the table of the loans as CSV"),
];

const TEXTS: [(&str, &str); 12] = [
    ("<!doctype html", HTML),
    ("<html", HTML),
    ("<head", HTML),
    ("<body", HTML),
    ("<table", HTML),
    ("<meta", HTML),
    ("<style", HTML),
    ("<div", HTML),
    ("mime-version:", HTML),
    ("%pdf-", PDF),
    ("<?xml", "this is an XML file, not a CSV file: export the loans as CSV"),
    ("<workbook", EXCEL_XML),
];

/// What the file is, and what to do, if it is not a CSV file; `head` is its beginning.
pub fn other_kind(head: &[u8], file: &mut File) -> io::Result<Option<&'static str>> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return archive(head, file).map(Some);
    }
    if let Some((_, said)) = BEGINNINGS.iter().find(|(beginning, _)| head.starts_with(beginning)) {
        return Ok(Some(said));
    }
    Ok(text(head))
}

/// The kind of a text in any encoding, by its ASCII letters.
fn text(head: &[u8]) -> Option<&'static str> {
    let ascii: String = head.iter().filter(|byte| (1..0x80).contains(*byte)).map(|byte| char::from(*byte)).collect();
    let small = ascii.trim_start().to_ascii_lowercase();
    // A comment may come before a page.
    let small = small.strip_prefix("<!--").and_then(|rest| rest.split_once("-->")).map_or(&*small, |(_, rest)| rest);
    let said = TEXTS.iter().find(|(beginning, _)| small.trim_start().starts_with(beginning)).map(|(_, said)| *said)?;
    if !small.trim_start().starts_with("<?xml") {
        return Some(said);
    }
    let holds = |word: &str| small.contains(word);
    Some(match () {
        () if holds("<workbook") || holds("office:spreadsheet") => EXCEL_XML,
        () if holds("<html") => HTML,
        () => said,
    })
}

/// Workbooks are archives with known names inside.
fn archive(head: &[u8], file: &mut File) -> io::Result<&'static str> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    let holds = |name: &[u8]| [head, &tail].into_iter().any(|part| memmem::find(part, name).is_some());
    Ok(match () {
        () if holds(b"xl/") => EXCEL,
        () if holds(b"opendocument.spreadsheet") => OPEN_DOCUMENT,
        () if holds(b"word/") => "this is a Word document, not a CSV file: export the loans as CSV",
        () => ARCHIVE,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn said(bytes: &[u8]) -> Option<&'static str> {
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(bytes).expect("room");
        other_kind(&bytes[..bytes.len().min(4096)], &mut file).expect("a file that can be read")
    }

    #[test]
    fn workbooks_archives_pages_and_documents_are_called_what_they_are() {
        let archive = |name: &str| [b"PK\x03\x04".as_slice(), &[0; 9_000], name.as_bytes(), &[0; 100]].concat();
        let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        for (bytes, wanted) in [
            (archive("xl/workbook.xml"), "an Excel workbook,"),
            (archive("word/document.xml"), "a Word document"),
            (archive("mimetypeapplication/vnd.oasis.opendocument.spreadsheet"), "an OpenDocument spreadsheet"),
            (archive("loans.csv"), "a compressed file"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0".to_vec(), "an old Excel workbook"),
            (b"\x1f\x8b\x08\0".to_vec(), "a compressed file"),
            (b"%PDF-1.7\n".to_vec(), "a PDF"),
            (b"PAR1\x15\0".to_vec(), "a data file of another program"),
            (b"\xef\xbb\xbf\r\n <!DOCTYPE HTML PUBLIC>".to_vec(), "a web page"),
            (b"<!-- made by x --><table><tr>".to_vec(), "a web page"),
            (utf_16("\u{feff}<html>"), "a web page"),
            (b"<?xml version='1.0'?><?mso-application progid='Excel.Sheet'?><Workbook>".to_vec(), "workbook as XML"),
            (b"<?xml version='1.0'?><loans/>".to_vec(), "an XML file"),
        ] {
            assert!(said(&bytes).is_some_and(|said| said.contains(wanted)), "{wanted}: {:?}", said(&bytes));
        }
    }

    #[test]
    fn a_book_is_not_another_kind() {
        for text in ["Loan_ID,Days\n1,2\n", "\u{feff}Loan_ID\n", "", "PAR12,x\n1,2\n", "<id>,x\n", "PKR;x\n", "BZ\n"] {
            assert_eq!(said(text.as_bytes()), None, "{text}");
        }
    }
}
