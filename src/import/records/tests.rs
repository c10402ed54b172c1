use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::import::source::FileEncoding;

/// A record as the tests look at it: line, fields, fault, whether it has a line end.
type Seen = (u64, Vec<String>, bool, bool);

fn read(text: &[u8], width: usize) -> Result<Vec<Seen>> {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(text).expect("room for a small file");
    let source = Source::find(file.path())?;
    let encoding = FileEncoding { encoding: encoding_rs::UTF_8, has_bom: false };
    let mut records = Records::new(&source, source.decode(encoding)?, b',');
    records.expect_loans(width, [0, width.saturating_sub(1)], Vec::new());
    let (mut record, mut seen) = (Record::default(), Vec::new());
    while records.next(&mut record)? {
        let fields = record.fields().map(|field| String::from_utf8_lossy(field).into_owned());
        seen.push((record.line, fields.collect(), record.fault.is_some(), record.is_ended));
    }
    Ok(seen)
}

fn fields(text: &str) -> Vec<Vec<String>> {
    read(text.as_bytes(), 0).unwrap().into_iter().map(|(_, fields, _, _)| fields).collect()
}

fn refusal(text: &str, width: usize) -> String {
    read(text.as_bytes(), width).unwrap_err().to_string()
}

fn lines(text: &str) -> Vec<u64> {
    read(text.as_bytes(), 0).unwrap().into_iter().map(|(line, ..)| line).collect()
}

#[test]
fn lines_are_those_that_an_editor_shows() {
    assert_eq!(lines("a,b\n1,2\n3,4\n"), [1, 2, 3]);
    assert_eq!(lines("a,b\r\n1,2\r\n3,4\r\n"), [1, 2, 3]);
    assert_eq!(lines("a,b\r1,2\r3,4"), [1, 2, 3]);
    assert_eq!(lines("a,b\n\n\n1,2\n\n3,4"), [1, 4, 6]);
    assert_eq!(lines("a,b\r\n\r\n1,2\r\n\r\n\r\n3,4\r\n"), [1, 3, 6]);
    assert_eq!(lines("a,b\n\"x\ny\",2\n3,4\n"), [1, 2, 4]);
    assert_eq!(lines("a,b\r\n\"x\r\n\r\ny\",2\r\n3,4\r\n5,6\n7,8\r\n"), [1, 2, 5, 6, 7]);
    assert_eq!(lines("a,\"b\nc\",\"x\"y\n1,2\n"), [1, 3]);
}

#[test]
fn quoted_fields_may_hold_separators_marks_and_line_ends() {
    assert_eq!(fields("\"a,\"\"b\"\"\",c\n"), [["a,\"b\"", "c"]]);
    assert_eq!(fields("\"\"\"\"\"\",\"\"\n"), [["\"\"", ""]]);
    assert_eq!(fields("\"x\r\ny\",2"), [["x\r\ny", "2"]]);
    assert_eq!(fields("5\" pipe,b\"c\"\n"), [["5\" pipe", "b\"c\""]]);
    assert_eq!(fields(",,\n"), [["", "", ""]]);
}

#[test]
fn text_after_a_closing_mark_is_a_fault_of_its_line_alone() {
    let seen = read(b"1,\"a\"b,2\n3,4,5\n", 3).unwrap();
    assert_eq!((seen[0].0, seen[0].1.len(), seen[0].2), (1, 0, true));
    assert_eq!((seen[1].0, seen[1].1.len(), seen[1].2), (2, 3, false));
}

#[test]
fn a_mark_that_is_not_closed_is_refused_with_its_line() {
    for (text, line) in [
        ("a,b,c\n1,\"x,2\n3,y,4\n", 2),
        ("a,b,c\n1,\"x,2\n3,\"y\",4\n", 2),
        ("a,b,c\n1,\"x,2\n3,\"\",4\n5,\"\",6\n", 2),
        ("a,b,c\n1,x,2\n3,\"", 3),
        ("a,b,c\n1,x,\"2\n3,y,\"4\"\n", 2),
    ] {
        assert!(refusal(text, 3).contains(&format!("line {line} ")), "{text}: {}", refusal(text, 3));
    }
    let endless = format!("a,b\n1,\"{}", "x".repeat(LONGEST_FIELD + 1));
    assert!(refusal(&endless, 2).contains("line 2 "));
}

#[test]
fn endless_fields_and_lines_are_refused() {
    let long = format!("a,b\n1,{}\n", "x".repeat(LONGEST_FIELD + 1));
    assert!(refusal(&long, 2).contains("line 2 "));
    assert!(refusal(&format!("a,b\n{}", "1,".repeat(LONGEST_LINE)), 2).contains("line 2 "));
}

#[test]
fn only_the_last_line_may_lack_its_end() {
    let ends = |text: &str| read(text.as_bytes(), 0).unwrap().last().map(|seen| seen.3);
    assert_eq!(ends("a,b\n1,2\n"), Some(true));
    assert_eq!(ends("a,b\n1,2"), Some(false));
    assert_eq!(ends("a,b\n1,\"2\""), Some(false));
    assert_eq!(ends("a,b\n1,2\n\n"), Some(true));
}

#[test]
fn records_do_not_depend_on_where_the_chunks_of_the_file_end() {
    let line = "17,\"Asha, \"\"A\"\"\r\nRao\",é\r\n";
    let text = line.repeat(40_000);
    let seen = read(text.as_bytes(), 0).unwrap();
    assert_eq!(seen.len(), 40_000);
    for (place, (line, fields, has_fault, is_ended)) in seen.into_iter().enumerate() {
        assert_eq!(line, 2 * place as u64 + 1);
        assert_eq!(fields, ["17", "Asha, \"A\"\r\nRao", "é"]);
        assert!(!has_fault && is_ended);
    }
}

proptest! {
    #[test]
    fn what_a_csv_writer_writes_is_read_as_it_was(
        table in prop::collection::vec(prop::collection::vec("[ab,\"\n\r é]{0,5}", 3), 1..8),
        quoted in any::<bool>(),
    ) {
        let style = if quoted { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
        let mut writer = csv::WriterBuilder::new().quote_style(style).from_writer(Vec::new());
        for row in &table {
            writer.write_record(row).unwrap();
        }
        let seen = read(&writer.into_inner().unwrap(), 0).unwrap();
        let read: Vec<_> = seen.into_iter().map(|(_, fields, ..)| fields).collect();
        prop_assert_eq!(read, table);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(prop::sample::select(b"ab,\"\n\r\xff".to_vec()), 0..60)) {
        // Every byte but those of quotation and line ends is in some record, and no record is longer than its line.
        if let Ok(seen) = read(&bytes, 2) {
            let kept: usize = seen.iter().filter(|seen| !seen.2).flat_map(|seen| &seen.1).map(|field| field.matches(['a', 'b']).count()).sum();
            let has_fault = seen.iter().any(|seen| seen.2);
            let there = bytes.iter().filter(|byte| matches!(byte, b'a' | b'b')).count();
            prop_assert!(kept == there || has_fault);
        }
    }
}
