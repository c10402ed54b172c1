//! A known book as a file, in any of the ways in which lenders' programs write one.

use chrono::{Datelike, NaiveDate};

use super::book::{Book, COLUMNS, Cell, Holds};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf8Marked,
    Utf16Little,
    Utf16Big,
    /// Without a byte order mark.
    Utf16Bare,
    Windows1252,
}

pub const ENCODINGS: [Encoding; 6] = [
    Encoding::Utf8,
    Encoding::Utf8Marked,
    Encoding::Utf16Little,
    Encoding::Utf16Big,
    Encoding::Utf16Bare,
    Encoding::Windows1252,
];

pub const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];

pub const LINE_ENDS: [&str; 2] = ["\n", "\r\n"];

/// The separator of thousands, whether it groups in the Indian way, and the decimal mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    pub group: &'static str,
    pub is_indian: bool,
    pub mark: char,
}

const fn numbers(group: &'static str, is_indian: bool, mark: char) -> Numbers {
    Numbers { group, is_indian, mark }
}

pub const NUMBERS: [Numbers; 8] = [
    numbers("", false, '.'),
    numbers("", false, ','),
    numbers(",", false, '.'),
    numbers(".", false, ','),
    numbers(",", true, '.'),
    numbers(" ", false, ','),
    numbers("\u{a0}", false, ','),
    numbers("'", false, '.'),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dates {
    Iso,
    MonthName,
    DayFirst,
    MonthFirst,
    ExcelSerial,
}

pub const DATES: [Dates; 5] = [Dates::Iso, Dates::MonthName, Dates::DayFirst, Dates::MonthFirst, Dates::ExcelSerial];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Below {
    Nothing,
    TotalLine,
    SumsAlone,
    Sentence,
}

/// A way to write a book.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    pub encoding: Encoding,
    pub separator: char,
    pub line_end: &'static str,
    pub is_all_quoted: bool,
    pub numbers: Numbers,
    pub dates: Dates,
    /// Before an amount, or after it where it begins with a space.
    pub currency: &'static str,
    pub has_brackets: bool,
    pub has_percent: bool,
    pub missing: &'static str,
    pub has_separator_line: bool,
    pub titles: usize,
    pub below: Below,
}

const TITLES: [&str; 3] = ["Loan book, all branches", "As of 31 March 2026", ""];

impl Style {
    /// Whether the amounts without decimals leave open what parts their thousands.
    pub fn hides_mark(&self, book: &Book) -> bool {
        let whole = |row: &Vec<Cell>| match row[super::book::WHOLE] {
            Cell::Hundredths(value) => value / 100,
            _ => 0,
        };
        let is_parted = matches!(self.numbers.group, "," | ".");
        is_parted
            && book.0.iter().any(|row| whole(row) >= 1_000)
            && book.0.iter().all(|row| whole(row) < if self.numbers.is_indian { 100_000 } else { 1_000_000 })
    }

    /// Whether the dates leave open which of day and month comes first.
    pub fn hides_order(&self, book: &Book) -> bool {
        let dates = || {
            book.0.iter().filter_map(|row| match row[super::book::DATE] {
                Cell::Date(date) => Some(date),
                _ => None,
            })
        };
        matches!(self.dates, Dates::DayFirst | Dates::MonthFirst)
            && dates().all(|date| date.day() <= 12)
            && dates().any(|date| date.day() != date.month())
    }

    /// A field, with quotation marks where it needs them.
    pub fn field(&self, text: &str) -> String {
        let needs_marks = text.contains(['"', '\n', '\r', self.separator]);
        if needs_marks || self.is_all_quoted { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
    }

    pub fn cell(&self, cell: &Cell, holds: Holds) -> String {
        let text = match (cell, holds) {
            (Cell::Missing, _) => self.missing.to_owned(),
            (Cell::Text(text), _) => text.clone(),
            (Cell::Count(count), _) => count.to_string(),
            (Cell::Date(date), _) => self.date(*date),
            (Cell::Hundredths(value), Holds::Rate) => self.rate(*value),
            (Cell::Hundredths(value), Holds::WholeAmount) => self.with_currency(self.whole(value / 100)),
            (Cell::Hundredths(value), _) => self.signed(*value),
        };
        self.field(&text)
    }

    fn rate(&self, hundredths: i64) -> String {
        let part = format!("{:02}", hundredths % 100);
        let part = part.trim_end_matches('0');
        let mark = if part.is_empty() { String::new() } else { self.numbers.mark.to_string() };
        format!("{}{mark}{part}{}", hundredths / 100, if self.has_percent { "%" } else { "" })
    }

    fn signed(&self, hundredths: i64) -> String {
        let size = hundredths.abs();
        let text = self.with_currency(format!("{}{}{:02}", self.whole(size / 100), self.numbers.mark, size % 100));
        match (hundredths < 0, self.has_brackets) {
            (false, _) => text,
            (true, true) => format!("({text})"),
            (true, false) => format!("-{text}"),
        }
    }

    fn with_currency(&self, number: String) -> String {
        // Not every encoding has every sign.
        let sign = if self.encoding == Encoding::Windows1252 {
            self.currency.replace('₹', "Rs.")
        } else {
            self.currency.to_owned()
        };
        if sign.starts_with(' ') { number + &sign } else { sign + &number }
    }

    fn whole(&self, number: i64) -> String {
        let digits = number.to_string();
        let mut text = String::new();
        for (place, digit) in digits.chars().enumerate() {
            let left = digits.len() - place;
            let begins =
                if self.numbers.is_indian { left == 3 || left > 3 && left % 2 == 1 } else { left.is_multiple_of(3) };
            if place > 0 && begins {
                text += self.numbers.group;
            }
            text.push(digit);
        }
        text
    }

    fn date(&self, date: NaiveDate) -> String {
        match self.dates {
            Dates::Iso => date.format("%Y-%m-%d").to_string(),
            Dates::MonthName => date.format("%d-%b-%y").to_string(),
            Dates::DayFirst => date.format("%d/%m/%Y").to_string(),
            Dates::MonthFirst => date.format("%m/%d/%Y").to_string(),
            Dates::ExcelSerial => {
                let first = NaiveDate::from_ymd_opt(1899, 12, 30).expect("Excel's day 0");
                (date - first).num_days().to_string()
            }
        }
    }

    pub fn row(&self, row: &[Cell]) -> Vec<String> {
        row.iter().zip(&COLUMNS).map(|(cell, column)| self.cell(cell, column.holds)).collect()
    }

    /// A line of the file, from fields that have their quotation marks.
    pub fn line(&self, fields: &[String]) -> String {
        fields.join(&self.separator.to_string()) + self.line_end
    }

    pub fn header(&self) -> String {
        self.line(&COLUMNS.iter().map(|column| self.field(column.header)).collect::<Vec<_>>())
    }

    /// The lines above the header.
    pub fn above(&self) -> String {
        let separator_line =
            if self.has_separator_line { format!("sep={}{}", self.separator, self.line_end) } else { String::new() };
        let titles = TITLES[..self.titles].iter().map(|title| format!("{}{}", self.field(title), self.line_end));
        separator_line + &titles.collect::<String>()
    }

    /// The lines below the loans.
    pub fn below(&self, book: &Book) -> String {
        let first = match self.below {
            Below::Nothing => return String::new(),
            Below::Sentence => return format!("Generated by the loan system: all branches{}", self.line_end),
            Below::TotalLine => "Total",
            Below::SumsAlone => "",
        };
        let sum = |place: usize| -> i64 {
            let values = book.0.iter().map(|row| if let Cell::Hundredths(value) = row[place] { value } else { 0 });
            values.sum()
        };
        let sums = COLUMNS.iter().enumerate().map(|(place, column)| match column.holds {
            _ if place == 0 => self.field(first),
            Holds::Amount => self.cell(&Cell::Hundredths(sum(place)), Holds::Amount),
            _ => String::new(),
        });
        self.line(&sums.collect::<Vec<_>>())
    }

    /// The byte order mark.
    pub fn mark(&self) -> &'static [u8] {
        match self.encoding {
            Encoding::Utf8Marked => b"\xEF\xBB\xBF",
            Encoding::Utf16Little => b"\xFF\xFE",
            Encoding::Utf16Big => b"\xFE\xFF",
            Encoding::Utf8 | Encoding::Utf16Bare | Encoding::Windows1252 => b"",
        }
    }

    /// The whole file.
    pub fn file(&self, book: &Book) -> Vec<u8> {
        let rows = book.0.iter().map(|row| self.line(&self.row(row)));
        let text = self.above() + &self.header() + &rows.collect::<String>() + &self.below(book);
        [self.mark(), &self.encoding.encode(&text)].concat()
    }
}

impl Encoding {
    pub fn is_utf_16(self) -> bool {
        matches!(self, Self::Utf16Little | Self::Utf16Big | Self::Utf16Bare)
    }

    pub fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 | Self::Utf8Marked => text.as_bytes().to_vec(),
            Self::Utf16Little | Self::Utf16Bare => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Big => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Self::Windows1252 => text.chars().map(windows_1252).collect(),
        }
    }

    /// Text that may be damaged, without its byte order mark; what is no character is U+FFFD.
    pub fn decode(self, bytes: &[u8]) -> String {
        let units = |from: fn([u8; 2]) -> u16| {
            let units: Vec<u16> = bytes.chunks(2).map(|pair| pair.try_into().map_or(0xFFFD, from)).collect();
            String::from_utf16_lossy(&units)
        };
        match self {
            Self::Utf8 | Self::Utf8Marked => String::from_utf8_lossy(bytes).into_owned(),
            Self::Utf16Little | Self::Utf16Bare => units(u16::from_le_bytes),
            Self::Utf16Big => units(u16::from_be_bytes),
            Self::Windows1252 => bytes.iter().map(|byte| if *byte == 0x80 { '€' } else { char::from(*byte) }).collect(),
        }
    }

    /// What the import must call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 | Self::Utf8Marked => "UTF-8",
            Self::Utf16Little | Self::Utf16Bare => "UTF-16LE",
            Self::Utf16Big => "UTF-16BE",
            Self::Windows1252 => "windows-1252",
        }
    }
}

fn windows_1252(letter: char) -> u8 {
    match letter {
        '€' => 0x80,
        other => u8::try_from(other).expect("the book's letters are those of Western Europe"),
    }
}
