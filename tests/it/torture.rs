//! What lenders' files have been through, one way a test: what happens to the file, by the real binary, and what settles it.

mod guards;
mod headers;
mod ids;
mod kinds;
mod lost;
mod mixed;
mod values;
mod writing;

use rusqlite::Connection;

use crate::workdir::{Ended, Workdir, texts, value};

const HEADER: &str = "Loan_ID,Outstanding_Loan_Amount,Days_Past_Due";

/// So many loans, a line each, from line 2 on.
fn lines(loans: usize) -> String {
    (1..=loans).map(|number| format!("L{number:03},{number}00.50,{number}\n")).collect()
}

/// A folder in which one file was given to the weekly job.
struct Given {
    dir: Workdir,
    ended: Ended,
}

/// Runs the job on a file with these settings; however many lines and values are rejected, the rest is loaded.
fn given(bytes: impl AsRef<[u8]>, settings: &str) -> Given {
    given_with(bytes, settings, &[])
}

fn given_with(bytes: impl AsRef<[u8]>, settings: &str, arguments: &[&str]) -> Given {
    let dir = Workdir::new();
    dir.write("book.csv", bytes);
    dir.write("recoup.toml", format!("[import]\nmax_rejected_percent = 100\nmax_unreadable_percent = 100\n{settings}"));
    let ended = dir.run("book.csv", arguments);
    Given { dir, ended }
}

impl Given {
    /// The database, where the file was loaded.
    #[track_caller]
    fn db(&self) -> Connection {
        assert_eq!(self.ended.code, 0, "{:?}", self.ended);
        self.dir.db()
    }

    /// The loans, as this expression over `stg_loans`.
    #[track_caller]
    fn loans(&self, expression: &str) -> Vec<String> {
        texts(&self.db(), &format!("select {expression} from stg_loans order by line"))
    }

    /// Line, column and reason of each reject, in order.
    #[track_caller]
    fn rejects(&self) -> Vec<String> {
        let query = "select concat_ws(' ', line, column_name, reason) from rejects order by line, reject_id";
        texts(&self.db(), query)
    }

    /// Line and text of what was skipped.
    #[track_caller]
    fn skipped(&self) -> Vec<String> {
        texts(&self.db(), "select line || ' ' || reason || ': ' || content from skipped_lines order by line")
    }

    /// The file was refused in these words, and no loan was written.
    #[track_caller]
    fn is_refused(&self, reported: &[&str]) {
        assert_eq!(self.ended.code, 3, "{:?}", self.ended);
        for part in reported {
            assert!(self.ended.stderr.contains(part), "{part:?} is not in {}", self.ended.stderr);
        }
        assert_eq!(value::<i64>(&self.dir.db(), "select count(*) from loan_snapshots"), 0);
        assert_eq!(texts(&self.dir.db(), "select distinct status from runs"), ["refused"]);
    }
}
