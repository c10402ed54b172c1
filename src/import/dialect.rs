//! Where the table begins, and which character separates its fields.
//!
//! The header is the first line that has the required columns; with the wrong separator no line has. So the separator and the
//! header are found together, by trying each; if two separators yield a header, the file is refused.

use super::header_map::{HeaderMap, distinct};
use super::headers::{self, mended};
use super::ids::cleaned_header;
use super::numbers::trimmed;
use super::records::{Record, Records};
use super::source::FileEncoding;
use super::source::Source;
use crate::config::Config;
use crate::config::Separator;
use crate::error::Result;

/// The header must be within this many lines.
const HEADER_WITHIN: u64 = 100;

/// A file with more columns is not a loan book.
const MOST_COLUMNS: usize = 1_000;

/// How a file's first line may begin, to name the separator.
const SEPARATOR_LINE: &[u8] = b"sep=";

impl Separator {
    const ALL: [Self; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Pipe];

    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
            Self::Pipe => "pipe",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Dialect {
    pub separator: Separator,
    pub header_line: u64,
    /// The names of the columns without invisible characters; of two that are the same and not needed, the second has a
    /// number.
    pub headers: Vec<String>,
    pub header_names: Vec<String>,
    /// Headers from which invisible characters were removed.
    pub cleaned_headers: Vec<String>,
    pub map: HeaderMap,
}

/// A line that may be the header, with the reasons against it.
struct HeaderCandidate {
    /// With an empty map if it is not the header.
    dialect: Dialect,
    problems: Vec<String>,
    /// The first line above it that looks like a loan.
    loan_above: Option<u64>,
}

pub fn detect(source: &Source, encoding: FileEncoding, config: &Config) -> Result<Dialect> {
    let set = config.import.separator.set();
    let tried: Vec<Separator> = match set.map_or_else(|| separator_line(source, encoding), |set| Ok(Some(set)))? {
        Some(separator) => vec![separator],
        None => Separator::ALL.to_vec(),
    };
    let (mut candidates, mut failure) = (Vec::new(), None);
    for separator in tried {
        match candidate(source, encoding, config, separator) {
            Ok(found) => candidates.extend(found),
            // With the wrong separator, quotation marks can be malformed.
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    match failure {
        Some(error) if candidates.iter().all(|candidate| !candidate.problems.is_empty()) => Err(error),
        _ => choose(source, config, candidates),
    }
}

fn choose(source: &Source, config: &Config, candidates: Vec<HeaderCandidate>) -> Result<Dialect> {
    let (headers, others): (Vec<_>, Vec<_>) =
        candidates.into_iter().partition(|candidate| candidate.problems.is_empty());
    if let [one, another, ..] = headers.as_slice() {
        let name = |found: &HeaderCandidate| {
            format!("a {} with the header in line {}", found.dialect.separator.name(), found.dialect.header_line)
        };
        return Err(source.refused(vec![format!(
            "two separators fit the file, {} and {}: set separator = \"{}\" or \"{}\" under [import] in the configuration",
            name(one),
            name(another),
            one.dialect.separator.name(),
            another.dialect.separator.name()
        )]));
    }
    // If no line is a header, the one that names the most columns shows best what is wrong.
    let nearest = others.into_iter().min_by_key(HeaderCandidate::rank);
    let Some(found) = headers.into_iter().next().or(nearest) else {
        return Err(source.refused(vec!["the file is empty: it needs a header line and at least one loan".to_owned()]));
    };
    let HeaderCandidate { dialect, mut problems, loan_above } = found;
    let (line, width) = (dialect.header_line, dialect.map.width);
    if !problems.is_empty() {
        let separator = dialect.separator.name();
        problems.push(format!("(line {line} was read as the header, and a {separator} as the separator)"));
        problems.extend(headers::help(&dialect.headers, config));
        return Err(source.refused(problems));
    }
    if let Some(loan) = loan_above {
        return Err(source.refused(vec![format!(
            "line {loan} has as many fields as the header, which is in line {line} below it: if two exports were joined into one \
             file, split them; if that line is not a loan, set header_line = {line} under [import] in the configuration"
        )]));
    }
    if width > MOST_COLUMNS {
        return Err(source.refused(vec![format!(
            "the header in line {line} has {width} columns, and a loan book at most {MOST_COLUMNS}: remove those that are empty"
        )]));
    }
    Ok(dialect)
}

impl HeaderCandidate {
    /// The nearest to a header is the lowest.
    fn rank(&self) -> (usize, std::cmp::Reverse<usize>) {
        (self.problems.len(), std::cmp::Reverse(headers::names(&self.dialect.headers)))
    }
}

/// The separator in a first line such as `sep=;`, as Excel writes it.
fn separator_line(source: &Source, encoding: FileEncoding) -> Result<Option<Separator>> {
    let mut stream = source.decode(encoding)?;
    let mut text = Vec::new();
    while text.len() <= SEPARATOR_LINE.len() {
        let is_more =
            stream.read_on(&mut text).map_err(|error| crate::error::Error::io("read", &source.path, error))?;
        if !is_more {
            break;
        }
    }
    let begins = text.get(..SEPARATOR_LINE.len()).is_some_and(|line| line.eq_ignore_ascii_case(SEPARATOR_LINE));
    let named = text.get(SEPARATOR_LINE.len()).filter(|_| begins);
    Ok(named.and_then(|byte| Separator::ALL.into_iter().find(|separator| separator.byte() == *byte)))
}

fn candidate(
    source: &Source,
    encoding: FileEncoding,
    config: &Config,
    separator: Separator,
) -> Result<Option<HeaderCandidate>> {
    let mut records = Records::new(source, source.decode(encoding)?, separator.byte());
    let mut record = Record::default();
    let mut nearest: Option<HeaderCandidate> = None;
    let set = config.import.header_line.fixed();
    // The line, fields and filled fields of each line above the header.
    let mut above: Vec<(u64, usize, usize)> = Vec::new();
    while records.next(&mut record)? {
        if record.line > set.unwrap_or(HEADER_WITHIN) {
            break;
        }
        if set.is_some_and(|line| line != record.line) || record.raw().to_ascii_lowercase().starts_with(SEPARATOR_LINE)
        {
            continue;
        }
        let written: Vec<String> =
            record.fields().map(|field| String::from_utf8_lossy(trimmed(field)).into_owned()).collect();
        let clean: Vec<String> = written.iter().map(|header| cleaned_header(header)).collect();
        let cleaned_headers = clean.iter().zip(&written).filter(|(clean, written)| clean != written);
        let cleaned_headers = cleaned_headers.map(|(clean, _)| clean.clone()).collect();
        let headers = distinct(clean, config);
        let (map, problems) = match HeaderMap::new(&headers, config) {
            Ok(map) => (map, Vec::new()),
            Err(problems) => (HeaderMap::default(), problems),
        };
        let (width, filled) = (headers.len(), headers.iter().filter(|header| !header.is_empty()).count());
        let is_loan = |(_, fields, filled): &&(u64, usize, usize)| *fields == width && filled * 2 > width;
        let loan_above = above.iter().find(is_loan).map(|(line, _, _)| *line);
        let header_names = written.iter().map(|header| headers::compared(header.as_bytes())).collect();
        let line = record.line;
        let dialect = Dialect { separator, header_line: line, headers, header_names, cleaned_headers, map };
        let mut found = HeaderCandidate { dialect, problems, loan_above };
        if found.problems.is_empty() {
            mended(&mut found.dialect.map, &mut found.dialect.headers, &mut records);
            return Ok(Some(found));
        }
        above.push((line, width, filled));
        if nearest.as_ref().is_none_or(|nearest| found.rank() < nearest.rank()) {
            nearest = Some(found);
        }
    }
    Ok(nearest)
}
