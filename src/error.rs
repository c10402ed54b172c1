//! What can go wrong, and the exit code that says so to the scheduler.
//!
//! A message says what is wrong, where, and what to do. It holds line numbers and column names, never a borrower's values.

use std::fmt;
use std::path::{Path, PathBuf};

/// Everything a command can fail with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Wrong arguments or configuration: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The input file cannot be taken: exit code 3.
    #[error("{0}")]
    Refused(Refusal),
    /// Another run holds the database: exit code 4.
    #[error("another run is at work on {}; nothing was changed. Try again when it has ended", .0.display())]
    Busy(PathBuf),
    /// The run is in the database, but a file could not be written: exit code 5.
    #[error("the run is safe in the database, but {cause}; mend that, then `recoup report` writes the files again")]
    Output { cause: Box<Error> },
    #[error("cannot {action} {}: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    /// A file that is no database of this program.
    #[error("{} is not a Recoup database; it was not touched. Name another with --db", .0.display())]
    NotOurs(PathBuf),
    #[error("the database: {0}")]
    Database(#[from] rusqlite::Error),
    #[error("the database's tables could not be brought up to date: {0}")]
    Migration(#[from] refinery::Error),
    #[error("the risk model: {0}")]
    Risk(#[from] crate::risk::RiskError),
    #[error("the segments: {0}")]
    Segments(#[from] linfa_clustering::KMeansError),
    #[error("the report's template: {0}")]
    Template(#[from] askama::Error),
    #[error("writing CSV: {0}")]
    Csv(#[from] csv::Error),
    #[error("writing JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// What was asked for is not in the database.
    #[error("{0}")]
    NotFound(String),
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of the file system: what was tried, and on what.
    pub fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }

    /// 1 failed, nothing changed; 2 wrong usage or config; 3 input refused; 4 another run is at work; 5 outputs not
    /// written.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Refused(_) => 3,
            Self::Busy(_) => 4,
            Self::Output { .. } => 5,
            _ => 1,
        }
    }

    /// Tells a database that somebody else is writing from one that is broken.
    pub fn is_busy(&self) -> bool {
        let busy = |error: &rusqlite::Error| error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy);
        match self {
            Self::Database(error) => busy(error),
            Self::Migration(error) => {
                let source = std::error::Error::source(error);
                source.and_then(|source| source.downcast_ref()).is_some_and(busy)
            }
            _ => false,
        }
    }
}

/// Why a file was refused: every problem at once, so that one correction is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub file: PathBuf,
    pub problems: Vec<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} was refused; nothing was changed:", self.file.display())?;
        for problem in &self.problems {
            write!(out, "\n  - {problem}")?;
        }
        Ok(())
    }
}
