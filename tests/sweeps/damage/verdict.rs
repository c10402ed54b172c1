//! Whether an import of a harmed file kept what it promises. What a changed line says now is read here by other means than
//! the program's: by the csv crate, and by taking off whatever is no digit.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::book::{COLUMNS, Holds, LOAN_ID, shortest};
use super::harm::{Fate, File};
use super::trial::{Loan, Taken};

const MISSING: [&str; 5] = ["", "#N/A", "NULL", "-", "NaN"];

/// Every loan that was loaded is a known one with its values, or one that the harmed bytes spell out; every line has one
/// fate.
pub fn hold(file: &File, taken: &Taken) -> Result<(), String> {
    if file.must_be_refused {
        return Err("loaded, although it had to be refused".to_owned());
    }
    let spelled = Spelled::of(file);
    for loan in &taken.loans {
        if !is_known(file, taken, loan) && !spelled.iter().any(|spelled| spelled.is(file, taken, loan)) {
            return Err(format!("a loan that the file does not have: {loan:?}"));
        }
    }
    for skipped in &taken.skipped {
        let ids = file.known.iter().filter_map(|values| values[LOAN_ID].as_ref());
        if let Some(id) = ids.into_iter().find(|id| skipped.content.contains(id.as_str())) {
            return Err(format!("the loan {id} was skipped: {skipped:?}"));
        }
    }
    lines_have_one_fate(&file.style.encoding.decode(&file.text()), file.style.separator, taken)
}

/// Whether the file's header still names the column.
fn has_header(file: &File, column: usize) -> bool {
    let header = fields(file.style.separator as u8, &file.style.encoding.decode(&file.header));
    header.first().is_some_and(|names| names.get(column).is_some_and(|name| name == COLUMNS[column].header))
}

/// Whether it was reported that the value could not be read.
fn is_reported(taken: &Taken, line: i64, column: usize) -> bool {
    taken.is_rejected(line, COLUMNS[column].header)
}

fn is_known(file: &File, taken: &Taken, loan: &Loan) -> bool {
    file.pieces.iter().filter(|piece| piece.fate != Fate::Never).any(|piece| {
        let Some(known) = piece.loan.map(|loan| &file.known[loan]) else { return false };
        known[LOAN_ID] == loan.values[LOAN_ID]
            && (0..COLUMNS.len()).all(|column| match (&loan.values[column], &known[column]) {
                (None, _) if piece.fate == Fate::Lost(column) => {
                    is_reported(taken, loan.line, column) || !has_header(file, column)
                }
                (_, _) if piece.fate == Fate::Lost(column) => false,
                (found, wanted) if found == wanted => true,
                (None, Some(_)) => is_reported(taken, loan.line, column) || !has_header(file, column),
                _ => false,
            })
    })
}

/// What the bytes of a changed line spell, and the loan that it was.
struct Spelled {
    fields: Vec<String>,
    loan: usize,
    /// Its columns that read otherwise than before.
    changed: Vec<usize>,
}

impl Spelled {
    fn of(file: &File) -> Vec<Self> {
        let separator = file.style.separator as u8;
        let mut all = Vec::new();
        for (place, piece) in file.pieces.iter().enumerate().filter(|(_, piece)| piece.fate == Fate::Changed) {
            let next = file.pieces.get(place + 1);
            let bytes = [piece.bytes.as_slice(), next.map_or(&[], |next| next.bytes.as_slice())].concat();
            for record in fields(separator, &file.style.encoding.decode(&bytes)) {
                for base in [Some(piece), next].into_iter().flatten() {
                    let before = fields(separator, &file.style.line(&base.fields)).remove(0);
                    if let Some(loan) = base.loan
                        && record.len() == before.len()
                    {
                        let changed: Vec<usize> = (0..COLUMNS.len()).filter(|at| record[*at] != before[*at]).collect();
                        // One harm reaches into two fields at most: more, and it is another line's.
                        if changed.len() <= 2 {
                            all.push(Self { fields: record.clone(), loan, changed });
                        }
                    }
                }
            }
        }
        all
    }

    fn is(&self, file: &File, taken: &Taken, loan: &Loan) -> bool {
        (0..COLUMNS.len()).all(|column| {
            let (found, text) = (&loan.values[column], self.fields[column].as_str());
            if found.is_none() && (is_reported(taken, loan.line, column) || !has_header(file, column)) {
                return true;
            }
            if !self.changed.contains(&column) {
                return *found == file.known[self.loan][column];
            }
            match found {
                None => MISSING.contains(&text),
                Some(found) => readings(COLUMNS[column].holds, text).contains(found),
            }
        })
    }
}

fn fields(separator: u8, text: &str) -> Vec<Vec<String>> {
    let mut reader =
        csv::ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let records = reader.records().map(|record| record.expect("text is UTF-8"));
    records.map(|record| record.iter().map(|field| trimmed(field).to_owned()).collect()).collect()
}

/// Without the spaces that the import takes off: those of ASCII and those that part thousands.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|letter: char| letter.is_ascii_whitespace() || "\u{a0}\u{202f}\u{2009}".contains(letter))
}

/// Everything that a text can be taken for.
fn readings(holds: Holds, text: &str) -> Vec<String> {
    let is_odd = |letter: char| {
        letter.is_control() && !matches!(letter, '\n' | '\r' | '\t') || matches!(letter, '\u{FFFD}' | '\u{FEFF}')
    };
    if text.contains(is_odd) {
        return Vec::new();
    }
    let numbers = ['.', ','].into_iter().filter_map(|mark| number(text, mark));
    match holds {
        Holds::Text => vec![text.to_owned()],
        Holds::Count => numbers.map(|number| shortest(&number)).filter(|number| !number.contains('.')).collect(),
        Holds::Rate => numbers.map(|number| number.parse::<f64>().expect("digits").to_string()).collect(),
        Holds::Amount | Holds::WholeAmount => numbers.map(|number| hundredths(&number).to_string()).collect(),
        // What is no number stays as it was written, and is reported.
        Holds::Signed => numbers.map(|number| shortest(&number)).chain([text.to_owned()]).collect(),
        Holds::Date => dates(text).into_iter().map(|date| date.to_string()).chain([text.to_owned()]).collect(),
    }
}

/// The number that is left when all is taken off that is not its digits, with this mark before the decimals.
fn number(text: &str, mark: char) -> Option<String> {
    let mut text = text.to_owned();
    let is_negative = text.contains(['-', '(']);
    for sign in ["₹", "$", "€", "Rs.", "Rs", "%", "(", ")", "-", "+", " ", "\u{a0}", "\u{202f}", "'"] {
        text = text.replace(sign, "");
    }
    let plain = text.replace(if mark == '.' { ',' } else { '.' }, "").replace(mark, ".");
    let is_number = plain.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && plain.matches('.').count() <= 1
        && plain.bytes().any(|byte| byte.is_ascii_digit());
    is_number.then(|| format!("{}{plain}", if is_negative { "-" } else { "" }))
}

/// Rounded half up; amounts are not negative.
fn hundredths(number: &str) -> i64 {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    let thousandths: i64 = format!("0{whole}{digits}").replace('-', "").parse().unwrap_or(i64::MAX - 10);
    (thousandths + 5) / 10
}

fn dates(text: &str) -> Vec<NaiveDate> {
    let parts: Vec<&str> =
        text.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    if let [days] = parts.as_slice()
        && days.len() == 5
    {
        let first = NaiveDate::from_ymd_opt(1899, 12, 30).expect("Excel's day 0");
        return days
            .parse()
            .ok()
            .and_then(|days| first.checked_add_days(chrono::Days::new(days)))
            .into_iter()
            .collect();
    }
    let &[one, two, three] = parts.as_slice() else { return Vec::new() };
    let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let month = |text: &str| {
        let named = months.iter().position(|name| text.to_lowercase().starts_with(name));
        named.map_or_else(|| text.parse().unwrap_or(0), |place| place as u32 + 1)
    };
    let year = |text: &str| match (text.len(), text.parse().unwrap_or(0)) {
        (2, year) if year >= 70 => 1900 + year,
        (2, year) => 2000 + year,
        (_, year) => year,
    };
    let ways = [(one, two, three), (three, two, one), (three, one, two)];
    ways.into_iter()
        .filter_map(|(y, m, d)| NaiveDate::from_ymd_opt(year(y), month(m), d.parse().unwrap_or(0)))
        .collect()
}

/// Each line that holds anything is the header, or loaded, rejected or skipped, and only one of these; or it goes on with
/// a quotation mark that is open.
fn lines_have_one_fate(text: &str, separator: char, taken: &Taken) -> Result<(), String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = text.split('\n').collect();
    let content = |line: i64| usize::try_from(line - 1).ok().and_then(|at| lines.get(at)).copied().unwrap_or_default();
    let mut fates: BTreeMap<i64, &str> = BTreeMap::from([(taken.imported.read.header_line as i64, "the header")]);
    let mut left_out: Vec<i64> =
        taken.rejects.iter().filter(|reject| reject.is_row_left_out).map(|reject| reject.line).collect();
    left_out.sort_unstable();
    left_out.dedup();
    let loaded = taken.loans.iter().map(|loan| (loan.line, "loaded"));
    let rejected = left_out.iter().map(|line| (*line, "rejected"));
    let skipped = taken.skipped.iter().map(|skipped| (skipped.line, "skipped"));
    for (line, fate) in loaded.chain(rejected).chain(skipped) {
        if let Some(other) = fates.insert(line, fate) {
            return Err(format!("line {line} is {other} and {fate}"));
        }
        if content(line).is_empty() {
            return Err(format!("line {line} is {fate}, and holds nothing"));
        }
    }
    for line in (1..=lines.len() as i64).filter(|line| !content(*line).is_empty() && !fates.contains_key(line)) {
        let first = fates.range(..line).next_back().map_or(1, |(first, _)| *first);
        let before: Vec<&str> = (first..line).map(content).collect();
        if !has_open_mark(&before.join("\n"), separator) {
            return Err(format!("line {line} was not accounted for: {:?}", content(line)));
        }
    }
    let imported = &taken.imported;
    let counts = [imported.loans_loaded, imported.rows_rejected, imported.lines_skipped, imported.lines_read];
    let found = [taken.loans.len(), left_out.len(), taken.skipped.len(), taken.loans.len() + left_out.len()];
    if counts.map(|count| count as usize) != found {
        return Err(format!("counted {counts:?}, found {found:?}"));
    }
    Ok(())
}

/// Whether a quotation mark at the beginning of a field is not closed in the text. Elsewhere they are letters.
fn has_open_mark(text: &str, separator: char) -> bool {
    let marks = text.match_indices('"').map(|(at, _)| at);
    let mut opening = marks.filter(|at| *at == 0 || text[..*at].ends_with([separator, '\n']));
    opening.any(|at| text[at..].matches('"').count() % 2 == 1)
}
