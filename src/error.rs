//! Errors, and the exit code of each for the scheduler.
//!
//! A message says what is wrong, where, and what to do. It contains line numbers and column names, never a borrower's values.

use std::fmt;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Wrong arguments or configuration: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The input file cannot be taken: exit code 3.
    #[error("{0}")]
    Refused(Refusal),
    /// Another run holds the database: exit code 4.
    #[error("{} is in use by {holder}; nothing was changed. Try again when it has finished", path.display())]
    Busy { path: PathBuf, holder: String },
    /// The run is in the database, but a file could not be written: exit code 5.
    #[error(
        "the run is safe in the database, but its files are not complete: {cause}; fix that, then `recoup report` writes the files again"
    )]
    Output { cause: Box<Error> },
    #[error("cannot {action} {}: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{} is not a Recoup database and was not touched. Name another with --db", .0.display())]
    NotOurs(PathBuf),
    #[error(
        "{} was written by a later version of Recoup than this one ({}) and was not touched. Use that version, or \
         name another with --db",
        .0.display(),
        env!("CARGO_PKG_VERSION")
    )]
    Newer(PathBuf),
    #[error(
        "the database {} is damaged ({finding}) and was not touched. Restore the latest backup, or name another with \
         --db",
        path.display()
    )]
    Damaged { path: PathBuf, finding: String },
    #[error("cannot write the database {}: {problem}; the last run in it is unchanged. {advice}", path.display())]
    NotWritable { path: PathBuf, problem: String, advice: &'static str },
    #[error(
        "the copy {} could not be made: {cause}; nothing was changed. Free some space on its disk, or let this user write \
         to its folder, then try again", path.display()
    )]
    Copy { path: PathBuf, cause: String },
    /// A borrower is gone from the database, but not from every other place: exit code 5.
    #[error(
        "erased from the database, but not everywhere:\n  - {}\nDo what each line says, then run `recoup erase` again for \
         the rest", .0.join("\n  - ")
    )]
    ErasedInPart(Vec<String>),
    /// The report did not reach everyone: exit code 5.
    #[error(
        "the run is safe in the database, but its e-mail did not reach everyone:\n  - {}\nFix that, then `recoup mail` \
         sends it to the others", .0.join("\n  - ")
    )]
    Undelivered(Vec<String>),
    /// A cause other than the mail server kept the report from being sent: exit code 5.
    #[error(
        "the run is safe in the database, but its e-mail was not sent to everyone: {cause}; fix that, then `recoup mail` \
         sends it to the others"
    )]
    Unsent { cause: Box<Error> },
    #[error("faults that stop Recoup from working: {0}; they are listed above")]
    Faults(usize),
    #[error("the database: {0}")]
    Database(#[from] rusqlite::Error),
    #[error("the database's tables could not be upgraded: {0}")]
    Migration(#[from] refinery::Error),
    #[error("the risk model: {0}")]
    Risk(Box<dyn std::error::Error + Send + Sync>),
    #[error("the segments: {0}")]
    Segments(#[from] linfa_clustering::KMeansError),
    #[error("the report's template: {0}")]
    Template(#[from] askama::Error),
    #[error("writing CSV: {0}")]
    Csv(#[from] csv::Error),
    #[error("writing JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    NotFound(String),
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }

    /// 1 failed, nothing changed; 2 wrong usage or config; 3 input refused; 4 another run is at work; 5 done in the
    /// database, but not in files outside it.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Refused(_) => 3,
            Self::Busy { .. } => 4,
            Self::Output { .. } | Self::ErasedInPart(_) | Self::Undelivered(_) | Self::Unsent { .. } => 5,
            _ => 1,
        }
    }

    /// A database error with the path and, where known, what to do.
    pub fn database(path: &Path, error: rusqlite::Error) -> Self {
        Self::from(error).in_database(path)
    }

    /// The same error with the database's path if its message needs one.
    pub fn in_database(self, path: &Path) -> Self {
        let Some(code) = self.sqlite_code() else { return self };
        let not_writable = |advice| Self::NotWritable { path: path.to_owned(), problem: self.to_string(), advice };
        match code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
                Self::Busy { path: path.to_owned(), holder: "another program".to_owned() }
            }
            ErrorCode::NotADatabase => Self::NotOurs(path.to_owned()),
            ErrorCode::DatabaseCorrupt => Self::Damaged { path: path.to_owned(), finding: self.to_string() },
            ErrorCode::DiskFull => not_writable("Free some space on its disk, then run again"),
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => {
                not_writable("Let this user write to it and its folder")
            }
            ErrorCode::CannotOpen => not_writable("Check that its folder exists and can be written"),
            ErrorCode::SystemIoFailure => {
                not_writable("Check its disk: it may be full or failing, or the size of files may be limited")
            }
            _ => self,
        }
    }

    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Busy { .. })
            || matches!(self.sqlite_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
    }

    fn sqlite_code(&self) -> Option<ErrorCode> {
        match self {
            Self::Database(error) => error.sqlite_error_code(),
            Self::Migration(error) => {
                let source = std::error::Error::source(error);
                source.and_then(|source| source.downcast_ref::<rusqlite::Error>())?.sqlite_error_code()
            }
            _ => None,
        }
    }
}

/// Every problem of a refused file at once, so that one correction is enough.
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
