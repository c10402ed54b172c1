//! A table of finished values; a narrow screen repeats the labels beside each value.

use std::borrow::Cow;

use super::format::NONE;

pub struct TableHead {
    pub label: Cow<'static, str>,
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
        let head = |label: &&'static str| match label.strip_prefix('#') {
            Some(label) => TableHead { label: label.into(), class: "number" },
            None => TableHead { label: (*label).into(), class: "text" },
        };
        Self::with_heads(caption, labels.iter().map(head).collect(), rows)
    }

    /// As [`Table::new`], of headings that are read.
    pub fn with_heads(caption: impl Into<String>, heads: Vec<TableHead>, rows: Vec<Vec<String>>) -> Self {
        assert!(rows.iter().all(|row| row.len() == heads.len()), "one cell per column");
        Self { caption: caption.into(), heads, rows }
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
