//! Different ids that look the same: they differ only in case, or in how their letters are composed.
//!
//! Each id is kept as a hash with and without these differences: the book itself is not held in memory.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;

use icu_normalizer::ComposingNormalizer;
use rusqlite::Connection;

use super::Warning;
use crate::columns::{BORROWER_ID, COLUMNS};
use crate::error::Result;
use crate::progress::grouped;

const NAMED_PAIRS: usize = 5;

/// Hashes of an id without these differences, and as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Print {
    alike: u64,
    exact: u32,
}

impl Print {
    pub fn of(id: &[u8]) -> Self {
        let mut alike = DefaultHasher::new();
        match std::str::from_utf8(id) {
            Ok(text) if !text.is_ascii() => {
                let composed = ComposingNormalizer::new_nfkc().normalize(text).to_lowercase();
                alike.write(ComposingNormalizer::new_nfkc().normalize(&composed).as_bytes());
            }
            _ => alike.write(&id.to_ascii_lowercase()),
        }
        let mut exact = DefaultHasher::new();
        exact.write(id);
        Self { alike: alike.finish(), exact: exact.finish() as u32 }
    }
}

#[derive(Debug, Default)]
pub struct Prints(Vec<(Print, u32)>);

impl Prints {
    pub fn add(&mut self, print: Print, line: u64) {
        // Beyond the range, ids are not compared.
        if let Ok(line) = u32::try_from(line) {
            self.0.push((print, line));
        }
    }

    /// The first lines of each pair of different ids that look alike, in the order of the file.
    fn pairs(mut self) -> Vec<(u32, u32)> {
        self.0.sort_unstable();
        let mut pairs = Vec::new();
        for alike in self.0.chunk_by(|(one, _), (other, _)| one.alike == other.alike) {
            let firsts = alike.chunk_by(|(one, _), (other, _)| one.exact == other.exact).map(|same| same[0].1);
            let mut firsts: Vec<u32> = firsts.collect();
            firsts.sort_unstable();
            pairs.extend(firsts.windows(2).map(|two| (two[0], two[1])));
        }
        pairs.sort_unstable();
        pairs
    }

    pub fn warning(self, slot: usize, connection: &Connection, first_snapshot_id: i64) -> Result<Option<Warning>> {
        let pairs = self.pairs();
        let Some((first, second)) = pairs.first() else { return Ok(None) };
        let lines: Vec<u32> = pairs.iter().take(NAMED_PAIRS).flat_map(|(one, other)| [*one, *other]).collect();
        let mut statement = connection.prepare(
            "select loan_id, borrower_id, line
            from loan_snapshots join loan_register using (loan_key)
            where snapshot_id >= ?1 and line in (select value from json_each(?2))",
        )?;
        let column = if slot == BORROWER_ID { "borrower_id" } else { "loan_id" };
        let ids = statement.query_map((first_snapshot_id, serde_json::to_string(&lines)?), |row| {
            Ok((row.get::<_, u32>("line")?, row.get::<_, Option<String>>(column)?.unwrap_or_default()))
        })?;
        let ids = ids.collect::<rusqlite::Result<BTreeMap<_, _>>>()?;
        // A loan may have been removed again, as one of two with the same id.
        let named = pairs.iter().take(NAMED_PAIRS).filter_map(|(one, other)| {
            Some(format!("{:?} (line {one}) and {:?} (line {other})", ids.get(one)?, ids.get(other)?))
        });
        let examples: Vec<String> = named.collect();
        let count = match pairs.len() {
            1 => "two ids differ".to_owned(),
            count => format!("{} pairs of ids differ", grouped(count as u64)),
        };
        Ok((!examples.is_empty()).then(|| Warning {
            text: format!(
                "{}: {count} only in case or in how their letters are composed, those of lines {first} and {second} first. If \
                 two of them are the same, spell them alike in the export",
                COLUMNS[slot].name
            ),
            examples,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(ids: &[&str]) -> Vec<(u32, u32)> {
        let mut prints = Prints::default();
        ids.iter().zip(2..).for_each(|(id, line)| prints.add(Print::of(id.as_bytes()), line));
        prints.pairs()
    }

    #[test]
    fn ids_that_differ_only_in_case_or_composition_are_pairs() {
        assert_eq!(pairs(&["LN_1", "LN_2", "ln_1", "LN_3", "Ln_1"]), [(2, 4), (4, 6)]);
        assert_eq!(pairs(&["Jos\u{e9} 7", "Jose\u{301} 7", "JOS\u{c9} 7"]).len(), 2);
        assert_eq!(pairs(&["B\u{a0}7", "B 7", "\u{ff22} 7"]).len(), 2);
        assert_eq!(pairs(&["B_1", "B_1", "B_2", "Jose 7", "José 7"]), []);
    }
}
