//! The first reading of a file, which writes nothing: how it is written, what its columns hold, and whether to take it.
//!
//! It finds what only the whole file shows: its encoding, each column's decimal mark and order of day and month, which lines
//! are not loans, and the control totals. The second reading then applies that, line by line.

use std::collections::{BTreeMap, BTreeSet};

use encoding_rs::Encoding;

use super::ahead;
use super::conventions::{DateColumn, NumberColumn, NumberFormat, date_words, number_words};
use super::currency::{self, SignsSeen};
use super::dialect::{self, Dialect};
use super::durations::RangesSeen;
use super::encoding;
use super::expected::Expected;
use super::fields::FieldReader;
use super::header_map::HeaderMap;
use super::ids::IdRule;
use super::lines::{Lines, What};
use super::numbers::trimmed;
use super::own::OwnColumns;
use super::records::{Record, Records};
use super::skip;
use super::source::{FileEncoding, Source};
use super::status::UnknownWords;
use super::totals::Amounts;
use super::words::{self, MissingWords, Replaced, WordsColumn};
use super::{ColumnRead, FileRead, Warning};
use crate::columns::{COLUMNS, ColumnKind, OUTSTANDING, normalised};
use crate::config::{Buckets, Config, DateOrder, DecimalMark};
use crate::error::Result;

#[derive(Debug)]
pub struct Reading {
    pub encoding: FileEncoding,
    pub dialect: Dialect,
    pub own: OwnColumns,
    pub numbers: Vec<NumberFormat>,
    pub dates: Vec<Option<DateOrder>>,
    pub replaced: Vec<Replaced>,
    pub ranges: RangesSeen,
    /// The common texts of each field of categories.
    pub usual: Vec<BTreeSet<Box<[u8]>>>,
    /// Configured codes for a missing value, for fields other than ids and categories.
    pub codes: Vec<Option<Vec<Box<[u8]>>>>,
    /// Fields that the configuration must say how to read; unreadable values in them are not faults.
    pub unsettled: BTreeSet<usize>,
    /// How many values each field has, readable or not.
    pub values: Vec<u64>,
    pub taken_for: Vec<String>,
    /// The first line below the loans, if there is one.
    pub below_line: Option<u64>,
    /// Other lines that are not loans, and why.
    pub set_aside: BTreeMap<u64, &'static str>,
    /// Loans, readable or not.
    pub loan_lines: u64,
    pub id_rule: IdRule,
    pub sha256: String,
    /// Set when the file is much shorter than the last one and nothing else is wrong with it.
    pub shrink: Option<String>,
    pub warnings: Vec<Warning>,
}

impl Reading {
    pub fn file_read(&self) -> FileRead {
        FileRead {
            encoding: self.encoding.encoding.name(),
            separator: self.dialect.separator.name(),
            header_line: self.dialect.header_line,
            columns: self.columns(),
            warnings: self.warnings.clone(),
        }
    }

    /// What is stored for a trimmed text of a field: itself, another spelling, or nothing if it means a missing value.
    pub fn kept<'text>(&'text self, field: usize, text: &'text [u8]) -> Option<&'text [u8]> {
        if self.codes[field].as_ref().is_some_and(|codes| words::is_code(codes, text)) {
            return None;
        }
        let replaced = &self.replaced[field];
        match if replaced.is_empty() { None } else { replaced.get(text) } {
            Some(kept) => kept.as_deref().map(str::as_bytes),
            None => Some(text),
        }
    }

    pub fn name_of(&self, field: usize) -> &str {
        let map = &self.dialect.map;
        map.standard(field).map(|column| column.name).or_else(|| map.further(field)).unwrap_or_default()
    }

    fn decide_number(
        &mut self,
        field: usize,
        kind: ColumnKind,
        column: &NumberColumn,
        set: Option<DecimalMark>,
    ) -> Option<String> {
        let decided = column.decide(&self.dialect.headers[field], set);
        self.taken_for[field] = number_words(kind, decided.as_ref().ok(), column.has_marks());
        match decided {
            Ok(format) => {
                self.numbers[field] = format;
                None
            }
            Err(problem) => {
                self.unsettled.insert(field);
                Some(problem)
            }
        }
    }

    fn decide_date(&mut self, field: usize, column: &DateColumn, set: Option<DateOrder>) -> Option<String> {
        match column.decide(&self.dialect.headers[field], set) {
            Ok(order) => {
                self.dates[field] = Some(order);
                self.taken_for[field] = date_words(order, set.is_some() || column.has_order());
                None
            }
            Err(problem) => {
                self.taken_for[field] = "date, undecided".to_owned();
                self.unsettled.insert(field);
                Some(problem)
            }
        }
    }

    fn columns(&self) -> Vec<ColumnRead> {
        let columns = self.dialect.headers.iter().zip(&self.taken_for).enumerate();
        let read = columns.map(|(field, (header, taken_for))| ColumnRead {
            header: header.clone(),
            standard_name: self.dialect.map.standard(field).map(|column| column.name),
            taken_for: taken_for.clone(),
        });
        read.collect()
    }
}

enum Use {
    Text,
    /// An id or a category.
    Words(WordsColumn),
    /// The currency of the loan's amounts.
    Currency(SignsSeen),
    /// What became of the loan, with the unknown words.
    Status(UnknownWords),
    Number(ColumnKind, NumberColumn, Option<DecimalMark>),
    Date(DateColumn, Option<DateOrder>),
}

/// Reads the file once and returns how to read it again.
pub fn survey(source: &Source, config: &Config, expected: &Expected) -> Result<Reading> {
    let (reading, problems) = look(source, config, expected)?;
    if problems.is_empty() { Ok(reading) } else { Err(source.refused(problems)) }
}

/// The same, with the reasons to refuse the file although part of it can be read.
pub fn look(source: &Source, config: &Config, expected: &Expected) -> Result<(Reading, Vec<String>)> {
    let set = Encoding::for_label_no_replacement(config.import.encoding.as_bytes());
    let encoding = encoding::detect(source, set)?;
    let dialect = dialect::detect(source, encoding, config)?;
    let own = OwnColumns::find(&config.feature, &config.columns, &dialect.map);
    let uses = uses(&dialect, &own, config).map_err(|problems| source.refused(problems))?;
    let names = |field: usize| names_of(&dialect, field);
    let codes = uses.iter().enumerate().map(|(field, held)| match held {
        Use::Words(_) => None,
        _ => words::codes_of(config, &names(field)),
    });
    let codes: Vec<_> = codes.collect();
    let fields = FieldReader::new(config);
    let mut survey = Survey {
        fields: &fields,
        lines: Lines::new(&dialect, config),
        config,
        values: vec![0; uses.len()],
        codes,
        uses,
        ranges: RangesSeen::default(),
    };
    let mut records = Records::new(source, source.decode(encoding)?.hashed(), dialect.separator.byte());
    records.expect_loans(dialect.map.line_width, dialect.map.numbers(), dialect.map.ids());
    let sha256 = ahead::read_ahead(
        records,
        |record| Amounts::of(record, &dialect.map, &fields),
        |record, amounts, _| {
            if record.line > dialect.header_line {
                survey.look_at(record, amounts, &dialect.map);
            }
            Ok(())
        },
    )?;
    Ok(survey.decide(expected, (encoding, dialect, own), sha256))
}

fn uses(dialect: &Dialect, own: &OwnColumns, config: &Config) -> std::result::Result<Vec<Use>, Vec<String>> {
    let map = &dialect.map;
    let mut problems = Vec::new();
    let mut decimal: BTreeMap<String, (&String, DecimalMark)> =
        config.import.decimal.iter().map(|(name, mark)| (normalised(name), (name, *mark))).collect();
    let mut dates: BTreeMap<String, (&String, Option<DateOrder>)> =
        config.import.dates.iter().map(|(name, choice)| (normalised(name), (name, choice.set()))).collect();
    let mut uses: Vec<Use> = dialect.headers.iter().map(|_| Use::Text).collect();
    for (slot, column) in COLUMNS.iter().enumerate() {
        let Some(field) = map.fields[slot] else { continue };
        if matches!(column.kind, ColumnKind::Text | ColumnKind::Id) {
            let is_category = column.kind == ColumnKind::Text;
            uses[field] = Use::Words(WordsColumn::new(is_category, &names_of(dialect, field), config));
        } else if column.kind == ColumnKind::Status {
            uses[field] = Use::Status(UnknownWords::default());
        } else if column.kind == ColumnKind::Date {
            let by_standard = dates.remove(&normalised(column.name));
            let by_header = dates.remove(&normalised(&dialect.headers[field]));
            uses[field] = Use::Date(DateColumn::default(), by_standard.or(by_header).and_then(|(_, order)| order));
        } else if column.kind.is_number() {
            let by_standard = decimal.remove(&normalised(column.name));
            let by_header = decimal.remove(&normalised(&dialect.headers[field]));
            let mark = by_standard.or(by_header).map(|(_, mark)| mark);
            uses[field] = Use::Number(column.kind, NumberColumn::new(column.kind), mark);
        }
    }
    for (field, header) in &map.extras {
        if let Some((_, order)) = dates.remove(&normalised(header)) {
            uses[*field] = Use::Date(DateColumn::default(), order);
        } else if own.is_number(*field) {
            let mark = decimal.remove(&normalised(header)).map(|(_, mark)| mark);
            uses[*field] = Use::Number(OwnColumns::NUMBER, NumberColumn::new(OwnColumns::NUMBER), mark);
        } else if own.is_category(*field)
            || words::is_named(config.values.keys(), header)
            || words::is_named(config.import.missing_values.keys(), header)
        {
            uses[*field] = Use::Words(WordsColumn::new(true, &[header], config));
        } else if currency::is_header(&normalised(header)) {
            uses[*field] = Use::Currency(SignsSeen::default());
        }
    }
    let names: BTreeSet<String> = (0..map.width).flat_map(|field| names_of(dialect, field)).map(normalised).collect();
    let unknown = |name: &&String| !names.contains(&normalised(name));
    let values = config.values.keys().filter(unknown).map(|name| ("values", name));
    let codes = config.import.missing_values.keys().filter(unknown).map(|name| ("import.missing_values", name));
    problems.extend(values.chain(codes).map(|(table, name)| format!("{table}: no column of the file is {name:?}")));
    for (name, _) in decimal.values() {
        problems.push(format!("import.decimal: no column of numbers in the file is {name:?}"));
    }
    for (name, _) in dates.values() {
        problems.push(format!("import.dates: no column of the file is {name:?}"));
    }
    if problems.is_empty() { Ok(uses) } else { Err(problems) }
}

fn names_of(dialect: &Dialect, field: usize) -> Vec<&str> {
    let standard = dialect.map.standard(field).map(|column| column.name);
    standard.into_iter().chain(dialect.map.further(field)).chain([dialect.headers[field].as_str()]).collect()
}

struct Survey<'run> {
    fields: &'run FieldReader,
    lines: Lines,
    config: &'run Config,
    uses: Vec<Use>,
    codes: Vec<Option<Vec<Box<[u8]>>>>,
    values: Vec<u64>,
    ranges: RangesSeen,
}

impl Survey<'_> {
    fn look_at(&mut self, record: &Record, amounts: &Amounts, map: &HeaderMap) {
        let reader = self.fields;
        if self.lines.look_at(record, amounts, map, reader) == What::Other || record.len() != map.line_width {
            return;
        }
        let fields = self.uses.iter_mut().zip(&self.codes).zip(&mut self.values);
        for (((held, codes), values), text) in fields.zip(record.fields()) {
            let text = trimmed(text);
            let is_missing = reader.is_missing(text)
                || matches!(held, Use::Number(..)) && MissingWords::is_doubtful(text)
                || codes.as_ref().is_some_and(|codes| words::is_code(codes, text));
            if is_missing {
                continue;
            }
            *values += 1;
            match held {
                Use::Text => {}
                Use::Words(words) => words.look_at(text),
                Use::Currency(signs) => signs.add_code(text, &self.config.currency.code, record.line),
                Use::Status(unknown) => match unknown.is_unknown(reader, text) {
                    true if skip::is_shifted(record, map) => {}
                    true => unknown.look_at(text),
                    false => unknown.look_at_known(text),
                },
                Use::Number(kind, column, _) => {
                    if *kind == ColumnKind::Lateness && self.config.dpd.buckets == Buckets::LowerEdge {
                        self.ranges.add(text);
                    }
                    let can_be = |plain: &[u8]| reader.can_be(*kind, plain);
                    column.look_at(record.line, text, &self.config.currency.code, can_be);
                }
                Use::Date(column, _) => {
                    if let Ok(text) = std::str::from_utf8(text) {
                        column.look_at(record.line, text);
                    }
                }
            }
        }
    }

    fn decide(
        self,
        expected: &Expected,
        (encoding, dialect, own): (FileEncoding, Dialect, OwnColumns),
        sha256: String,
    ) -> (Reading, Vec<String>) {
        let found = self.lines.decide(&dialect, self.config);
        let mut problems = found.problems;
        let map = &dialect.map;
        let kinds = (0..map.width).map(|field| map.standard(field).map_or(ColumnKind::Text, |column| column.kind));
        let mut reading = Reading {
            encoding,
            own,
            numbers: vec![NumberFormat::PLAIN; dialect.map.width],
            dates: vec![None; dialect.map.width],
            replaced: vec![Replaced::default(); dialect.map.width],
            ranges: self.ranges,
            usual: vec![BTreeSet::new(); dialect.map.width],
            codes: self.codes,
            unsettled: BTreeSet::new(),
            values: self.values,
            taken_for: kinds.map(|kind| kind.words().to_owned()).collect(),
            below_line: found.below_line,
            set_aside: found.set_aside,
            loan_lines: found.loan_lines,
            id_rule: found.id_rule,
            sha256,
            shrink: None,
            warnings: found.warnings,
            dialect,
        };
        reading.warnings.extend(reading.ranges.warnings().into_iter().map(Warning::of));
        let mut signs: Vec<(String, SignsSeen)> = Vec::new();
        for (field, held) in self.uses.into_iter().enumerate() {
            let header = &reading.dialect.headers[field];
            match held {
                Use::Text => {}
                Use::Words(words) => {
                    reading.usual[field] = words.usual().map(Into::into).collect();
                    reading.replaced[field] = words.decide();
                }
                Use::Currency(seen) => signs.push((header.clone(), seen)),
                Use::Status(unknown) => {
                    if let Some(problem) = unknown.problem(header) {
                        problems.push(problem);
                        reading.unsettled.insert(field);
                    }
                }
                Use::Number(kind, column, set) => {
                    let mut seen = SignsSeen::default();
                    if let Some((_, sign)) = currency::of_header(header).filter(|_| is_of_amounts(kind, header)) {
                        seen.add(sign, &self.config.currency.code, reading.dialect.header_line);
                    }
                    signs.extend([(header.clone(), seen), (header.clone(), column.signs.clone())]);
                    problems.extend(reading.decide_number(field, kind, &column, set));
                }
                Use::Date(column, set) => problems.extend(reading.decide_date(field, &column, set)),
            }
        }
        problems.extend(currency::problem(&signs, &self.config.currency.code));
        let outstanding = reading.dialect.map.fields[OUTSTANDING].expect("a header has the required columns");
        let mark = reading.numbers[outstanding].mark;
        reading.warnings.extend(found.totals.warnings(mark, self.config.currency.decimals));
        let sum = found.totals.sums()[usize::from(mark == DecimalMark::Comma)];
        problems.extend(expected.problems(reading.loan_lines, Some(sum), self.config));
        reading.shrink = expected.shrink((reading.loan_lines, found.last_line), self.config);
        if !problems.is_empty() {
            problems.extend(reading.shrink.take());
        }
        (reading, problems)
    }
}

/// Whether a currency in a header is that of its numbers.
fn is_of_amounts(kind: ColumnKind, header: &str) -> bool {
    kind.is_amount() || kind == OwnColumns::NUMBER && header.trim_end().ends_with([')', ']'])
}
