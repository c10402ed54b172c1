//! A short list that a person writes by hand or exports: a CSV of two columns, read whole or refused.

use crate::columns::normalised;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::import::Source;

/// Named in a refusal at most.
const MOST_PROBLEMS: usize = 10;

/// What `of_line` makes of the two fields of each line, without spaces around them. The columns are found by their names or
/// those that the lender gave them.
///
/// # Errors
/// When the file cannot be read, a column is missing, or `of_line` gives a problem of a line.
pub fn read<T>(
    source: &Source,
    columns: [&str; 2],
    config: &Config,
    mut of_line: impl FnMut(&str, &str) -> std::result::Result<T, String>,
) -> Result<Vec<T>> {
    let bytes = std::fs::read(&source.path).map_err(|error| Error::io("read", &source.path, error))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| source.refused(vec!["it is not UTF-8: save it as “CSV UTF-8”".to_owned()]))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let first = text.lines().next().unwrap_or_default();
    let separator =
        [b',', b';', b'\t'].into_iter().max_by_key(|mark| first.bytes().filter(|byte| byte == mark).count());
    let mut lines = csv::ReaderBuilder::new().delimiter(separator.unwrap_or(b',')).from_reader(text.as_bytes());
    let header = lines.headers().map_err(|error| source.refused(vec![error.to_string()]))?.clone();
    let place = |standard: &str| {
        let own = config.columns.get(standard).map_or(standard, String::as_str);
        header.iter().position(|name| [standard, own].iter().any(|wanted| normalised(wanted) == normalised(name)))
    };
    let [first, second] = columns;
    let (Some(first_place), Some(second_place)) = (place(first), place(second)) else {
        let found: Vec<&str> = header.iter().collect();
        return Err(source.refused(vec![format!(
            "it needs the columns {first} and {second}, or those that [columns] in recoup.toml names; it has {}",
            found.join(", ")
        )]));
    };
    let (mut read, mut problems) = (Vec::new(), Vec::new());
    for (number, line) in (2..).zip(lines.records()) {
        let of_line = line.map_err(|error| error.to_string()).and_then(|line| {
            let field = |place: usize| line.get(place).unwrap_or_default().trim();
            of_line(field(first_place), field(second_place))
        });
        match of_line {
            Ok(found) => read.push(found),
            Err(problem) => problems.push(format!("line {number}: {problem}")),
        }
    }
    if problems.is_empty() {
        return Ok(read);
    }
    let more = problems.len().saturating_sub(MOST_PROBLEMS);
    problems.truncate(MOST_PROBLEMS);
    if more > 0 {
        problems.push(format!("and {more} more lines"));
    }
    Err(source.refused(problems))
}
