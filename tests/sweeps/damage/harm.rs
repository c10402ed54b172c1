//! What happens to files on their way: bytes are lost, doubled and swapped, exports are cut and put together, and people
//! edit them by hand.
//!
//! Each harm says what may become of the lines that it touches. Left out are those of which no reader can tell: a digit
//! that became another, a block lost so that the beginning of one loan and the end of another make a whole line, thousands
//! without decimals in the other way of writing (1.234 is a number in a column with decimal points), one date with day and
//! month changed about, a damaged value among fewer than 20 that leave their column's writing open, and two harms to one
//! line, which can move its fields and keep their count.

use super::book::{Book, COLUMNS, DAYS, LOAN_ID, RATE, WHOLE};
use super::kinds::{Harm, Kind};
use super::render::{Encoding, NUMBERS, SEPARATORS, Style};

/// What may become of a line, beside being rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is loaded with its values; one that cannot be read is missing and reported.
    Kept,
    /// Its bytes were changed, and it is loaded with what they say now.
    Changed,
    /// It is not loaded.
    Never,
    /// It is loaded with this value missing and reported.
    Lost(usize),
}

/// A line of the file with what was known of it.
#[derive(Debug, Clone)]
pub struct Piece {
    pub bytes: Vec<u8>,
    /// Its fields, as they were before any harm.
    pub fields: Vec<String>,
    /// Which loan it is; none where it is no loan.
    pub loan: Option<usize>,
    pub fate: Fate,
}

/// A file in pieces, so that each can be harmed.
#[derive(Debug, Clone)]
pub struct File {
    pub style: Style,
    pub header: Vec<u8>,
    pub pieces: Vec<Piece>,
    /// Every loan's values as plain texts.
    pub known: Vec<Vec<Option<String>>>,
    /// Whether it can only be refused.
    pub must_be_refused: bool,
    above: Vec<u8>,
    cut_at: Option<usize>,
}

impl File {
    pub fn new(book: &Book, style: Style) -> Self {
        let encode = |text: &str| style.encoding.encode(text);
        let mut file = Self {
            style,
            header: encode(&style.header()),
            pieces: Vec::new(),
            known: Vec::new(),
            must_be_refused: false,
            above: encode(&style.above()),
            cut_at: None,
        };
        file.add(book, style);
        file
    }

    /// Adds the lines of a book.
    fn add(&mut self, book: &Book, style: Style) {
        for row in &book.0 {
            let fields = style.row(row);
            let bytes = self.style.encoding.encode(&style.line(&fields));
            let loan = Some(self.known.len());
            self.pieces.push(Piece { bytes, fields, loan, fate: Fate::Kept });
            self.known.push(Book::plain(row));
        }
        self.push_other(self.pieces.len(), self.style.encoding.encode(&style.below(book)));
    }

    /// Puts in something that is no loan.
    fn push_other(&mut self, at: usize, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.pieces.insert(at, Piece { bytes, fields: Vec::new(), loan: None, fate: Fate::Never });
        }
    }

    /// The file without its byte order mark.
    pub fn text(&self) -> Vec<u8> {
        let pieces = self.pieces.iter().flat_map(|piece| &piece.bytes);
        let mut bytes: Vec<u8> = self.above.iter().chain(&self.header).chain(pieces).copied().collect();
        if let Some(at) = self.cut_at {
            bytes.truncate(at % (bytes.len() + 1));
        }
        bytes
    }

    /// The whole file.
    pub fn bytes(&self) -> Vec<u8> {
        [self.style.mark().to_vec(), self.text()].concat()
    }

    /// Does all of these to the file; gives those for which there was room.
    pub fn suffer(&mut self, harms: &[Harm], other: &Book) -> Vec<Kind> {
        let mut harms = harms.to_vec();
        // First what adds to the file, last what takes its end off, and never two harms to one line.
        harms.sort_by_key(|harm| match harm.kind {
            Kind::CutOff => 2,
            kind => i32::from(kind < Kind::FileTwice),
        });
        let mut suffered: Vec<Kind> = Vec::new();
        for harm in harms {
            if !suffered.contains(&harm.kind) && self.suffer_one(harm, other).is_some() {
                suffered.push(harm.kind);
            }
        }
        suffered
    }

    fn suffer_one(&mut self, harm: Harm, other: &Book) -> Option<()> {
        match harm.kind {
            Kind::HeaderByteHarmed => {
                let kind = [Kind::ByteDropped, Kind::ByteDoubled, Kind::BytesSwapped][harm.place % 3];
                harm_bytes(&mut self.header, kind, harm.part, &self.style)
            }
            Kind::FileTwice => {
                let header = self.header.clone();
                let pieces = self.pieces.clone();
                self.push_other(self.pieces.len(), header);
                self.pieces.extend(pieces);
            }
            Kind::OtherBookAdded => {
                self.push_other(self.pieces.len(), [self.style.mark(), &self.header].concat());
                self.add(other, self.style);
            }
            Kind::OtherBookAddedWithoutHeader => {
                let first = self.pieces.len();
                self.add(other, self.style);
                let marked = [self.style.mark(), &self.pieces[first].bytes].concat();
                self.pieces[first].bytes = marked;
            }
            Kind::OtherBookWithOtherSeparator => {
                let others: Vec<char> =
                    SEPARATORS.into_iter().filter(|separator| *separator != self.style.separator).collect();
                let style = Style { separator: others[harm.part % 3], ..self.style };
                let first = self.pieces.len();
                self.add(other, style);
                self.pieces[first..].iter_mut().for_each(|piece| piece.fate = Fate::Never);
            }
            Kind::CutOff => {
                let whole = self.style.encoding.decode(&self.text());
                self.cut_at = Some(harm.part);
                let text = self.style.encoding.decode(&self.text());
                // A last line that has lost no more than its end may be known to be whole.
                let has_lost_an_end = whole.get(text.len()..).is_some_and(|rest| rest.starts_with(['\n', '\r']));
                self.must_be_refused |= !text.ends_with(['\n', '\r']) && !has_lost_an_end;
            }
            Kind::LineRepeated | Kind::EmptyLinesInserted | Kind::TotalBetweenLoans => self.insert_lines(harm)?,
            Kind::QuotesInTwoLines | Kind::BytesLostInTwoLines => self.harm_two(harm)?,
            _ => self.harm_line(harm)?,
        }
        Some(())
    }

    /// A line that can be harmed, followed by this many that can be too.
    fn line(&self, place: usize, after: usize) -> Option<usize> {
        let count = self.pieces.len();
        let is_free =
            |at: usize| self.pieces.get(at).is_some_and(|piece| piece.fate == Fate::Kept && piece.loan.is_some());
        let mut places = (0..count).map(|step| (place + step) % count);
        places.find(|at| *at > 0 && (at - 1..=at + after).all(is_free))
    }

    fn insert_lines(&mut self, harm: Harm) -> Option<()> {
        let at = self.line(harm.place, 1)?;
        let (style, end) = (self.style, self.style.line_end);
        let empty = match harm.part % 3 {
            0 => format!("{end}{end}"),
            1 => format!("  {end}"),
            _ => style.line(&vec![String::new(); COLUMNS.len()]),
        };
        let text = match harm.kind {
            Kind::LineRepeated => {
                // A byte lost elsewhere in UTF-16 can make one of the two unreadable; then the other is the loan.
                self.pieces[at].fate = if style.encoding.is_utf_16() { Fate::Kept } else { Fate::Never };
                let repeated = self.pieces[at].clone();
                // Not always right behind the first.
                let later = self.line(harm.part, 0).unwrap_or(at);
                self.pieces.insert(later + 1, repeated);
                return Some(());
            }
            Kind::EmptyLinesInserted => empty,
            _ => {
                let mut fields = self.pieces[at].fields.clone();
                fields[LOAN_ID] = style.field(["Total", "Sub total North", "Grand Total"][harm.part % 3]);
                style.line(&fields)
            }
        };
        self.push_other(at + 1, style.encoding.encode(&text));
        Some(())
    }

    /// The same harm at the same field of a line and the next: the first opens what the second closes.
    fn harm_two(&mut self, harm: Harm) -> Option<()> {
        let at = self.line(harm.place, 2)?;
        let field = harm.part % COLUMNS.len();
        let style = self.style;
        if harm.kind == Kind::QuotesInTwoLines {
            for (line, is_first) in [(at, true), (at + 1, false)] {
                let mut fields = self.pieces[line].fields.clone();
                let text = &fields[field];
                let bare = text.trim_matches('"');
                fields[field] = match (text.starts_with('"') && text.len() > 1, is_first) {
                    (true, true) | (false, true) => format!("\"{bare}"),
                    (true, false) | (false, false) => format!("{bare}\""),
                };
                self.pieces[line].bytes = style.encoding.encode(&style.line(&fields));
            }
        } else {
            if !style.encoding.is_utf_16() {
                return None;
            }
            for line in [at, at + 1] {
                let before = style.line(&self.pieces[line].fields[..field]);
                let skipped = style.encoding.encode(&before).len() - style.encoding.encode(style.line_end).len();
                let place = (skipped + 2 + harm.place % 2).min(self.pieces[line].bytes.len() - 1);
                self.pieces[line].bytes.remove(place);
            }
        }
        self.pieces[at].fate = Fate::Never;
        // Where the first mark meets another one in its own line, the second line is a record of its own.
        let is_open = harm.kind == Kind::QuotesInTwoLines;
        self.pieces[at + 1].fate = if is_open { Fate::Changed } else { Fate::Never };
        Some(())
    }

    fn harm_line(&mut self, harm: Harm) -> Option<()> {
        let at = self.line(harm.place, 1)?;
        let (style, part) = (self.style, harm.part);
        let piece = &mut self.pieces[at];
        let mut fields = piece.fields.clone();
        let (fate, encoding) = match harm.kind {
            Kind::LineInOtherEncoding => {
                let other =
                    if style.encoding == Encoding::Windows1252 { Encoding::Utf8 } else { Encoding::Windows1252 };
                let text = style.line(&fields).replace('₹', "Rs.");
                piece.bytes = other.encode(&text);
                piece.fate = Fate::Kept;
                return Some(());
            }
            Kind::LineInOtherNumbers => {
                other_numbers(&mut fields, part, &style)?;
                (Fate::Kept, style.encoding)
            }
            Kind::ColumnsShifted => {
                shift(&mut fields, part);
                (Fate::Never, style.encoding)
            }
            Kind::IdDestroyed => {
                fields[LOAN_ID] = style.field(["1.23E+15", "1,23457E+11", "9.9e+08", "########"][part % 4]);
                (Fate::Never, style.encoding)
            }
            Kind::NoNumber => {
                let column = [RATE, WHOLE, DAYS][part % 3];
                fields[column] = style.field(["inf", "1e999", "-inf", "0x10", "1E5", "12-5"][part / 3 % 6]);
                (if COLUMNS[column].is_required { Fate::Never } else { Fate::Lost(column) }, style.encoding)
            }
            Kind::EndlessField => {
                fields[part % COLUMNS.len()] = style.field(&"x".repeat(70_000));
                self.must_be_refused = true;
                (Fate::Never, style.encoding)
            }
            Kind::DigitOfWholeAmountLost => {
                let place = fields[WHOLE].rfind(|letter: char| letter.is_ascii_digit())?;
                fields[WHOLE].remove(place);
                (Fate::Changed, style.encoding)
            }
            kind => {
                harm_bytes(&mut piece.bytes, kind, part, &style);
                piece.fate = Fate::Changed;
                return Some(());
            }
        };
        piece.bytes = encoding.encode(&style.line(&fields));
        piece.fate = fate;
        Some(())
    }
}

/// Harms a byte, or puts something in where a character ends.
fn harm_bytes(bytes: &mut Vec<u8>, kind: Kind, part: usize, style: &Style) {
    let inserted = match kind {
        Kind::ByteDropped => {
            bytes.remove(part % bytes.len());
            return;
        }
        Kind::ByteDoubled => {
            let place = part % bytes.len();
            bytes.insert(place, bytes[place]);
            return;
        }
        Kind::BytesSwapped => {
            let place = part % (bytes.len() - 1);
            bytes.swap(place, place + 1);
            return;
        }
        Kind::QuoteInserted => "\"".to_owned(),
        Kind::SeparatorInserted => style.separator.to_string(),
        Kind::NulInserted => "\0".to_owned(),
        _ => style.line_end.to_owned(),
    };
    let unit = if style.encoding.is_utf_16() { 2 } else { 1 };
    let place = part % (bytes.len() / unit) * unit;
    bytes.splice(place..place, style.encoding.encode(&inserted));
}

/// Writes the amounts with decimals in another way, with the other mark before them.
fn other_numbers(fields: &mut [String], part: usize, style: &Style) -> Option<()> {
    let others: Vec<_> = NUMBERS.into_iter().filter(|numbers| numbers.mark != style.numbers.mark).collect();
    let other = others[part % others.len()];
    let changed = |text: &str| -> String {
        let letters = text.trim_matches('"').chars();
        let mut letters: Vec<char> = letters.filter(|letter| letter.is_ascii_digit()).collect();
        let decimals = letters.split_off(letters.len().saturating_sub(2));
        let whole: i64 = letters.iter().collect::<String>().parse().unwrap_or(0);
        let way = Style { numbers: other, currency: "", ..*style };
        let hundredths = whole * 100 + decimals.iter().collect::<String>().parse::<i64>().unwrap_or(0);
        way.cell(&super::book::Cell::Hundredths(hundredths), super::book::Holds::Amount)
    };
    let is_amount = |place: &usize| COLUMNS[*place].holds == super::book::Holds::Amount;
    for place in (0..fields.len()).filter(is_amount) {
        if fields[place].contains(|letter: char| letter.is_ascii_digit()) {
            fields[place] = changed(&fields[place]);
        }
    }
    Some(())
}

/// Moves the fields of a line, with or without their count.
fn shift(fields: &mut Vec<String>, part: usize) {
    let place = part / 4 % fields.len();
    match part % 4 {
        0 => drop(fields.remove(place)),
        1 => fields.insert(place, String::new()),
        2 => {
            fields.insert(0, String::new());
            fields.pop();
        }
        _ => {
            fields.remove(0);
            fields.push(String::new());
        }
    }
}
