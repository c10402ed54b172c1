//! A table of finished values; a narrow screen repeats the labels beside each value.

use super::format::NONE;

pub struct TableHead {
    pub label: &'static str,
    /// `number` for columns of figures, `text` for words.
    pub class: &'static str,
}

/// A table; the first cell of each row is its heading.
pub struct Table {
    pub caption: String,
    pub heads: Vec<TableHead>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A `#` before a label marks a column of figures.
    ///
    /// # Panics
    /// When a row has a different number of cells.
    pub fn new(caption: impl Into<String>, labels: &[&'static str], rows: Vec<Vec<String>>) -> Self {
        assert!(rows.iter().all(|row| row.len() == labels.len()), "one cell per column");
        let head = |label: &&'static str| match label.strip_prefix('#') {
            Some(label) => TableHead { label, class: "number" },
            None => TableHead { label, class: "text" },
        };
        Self { caption: caption.into(), heads: labels.iter().map(head).collect(), rows }
    }

    pub fn without_empty_columns(mut self) -> Self {
        let is_kept: Vec<bool> =
            (0..self.heads.len()).map(|column| self.rows.iter().any(|row| row[column] != NONE)).collect();
        let mut kept = is_kept.iter().copied();
        self.heads.retain(|_| kept.next() == Some(true));
        for row in &mut self.rows {
            let mut kept = is_kept.iter().copied();
            row.retain(|_| kept.next() == Some(true));
        }
        self
    }
}
