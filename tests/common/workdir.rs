//! A folder of its own for each test, the binary in it, and books to feed it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

/// The day that the tests' books describe, so that nothing depends on today.
pub const AS_OF: &str = "2026-03-31";

/// A new folder, removed at the end of the test.
pub struct Workdir {
    folder: tempfile::TempDir,
    is_upgraded: AtomicBool,
}

/// What a command left on its streams, and how it ended.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Workdir {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), is_upgraded: AtomicBool::new(false) }
    }

    /// A folder with a made-up book of this many loans, `book.csv`.
    pub fn with_book(loans: usize) -> Self {
        let workdir = Self::new();
        workdir.ok(&["demo", "--loans", &loans.to_string(), "--out", "book.csv"]);
        workdir
    }

    /// From here on, the next version of the program is at work in the folder.
    pub fn upgrade(&self) {
        self.is_upgraded.store(true, Ordering::Relaxed);
    }

    pub fn is_upgraded(&self) -> bool {
        self.is_upgraded.load(Ordering::Relaxed)
    }

    /// The binary that is at work in the folder.
    pub fn program(&self) -> PathBuf {
        if self.is_upgraded() { next_version().to_owned() } else { PathBuf::from(env!("CARGO_BIN_EXE_recoup")) }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), text).expect("a file in the test's folder");
    }

    pub fn read(&self, name: &str) -> String {
        let path = self.path(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Runs the binary with these arguments.
    pub fn recoup(&self, args: &[&str]) -> Ended {
        ended(Command::new(self.program()).args(args).current_dir(self.folder.path()))
    }

    /// The same, where it must end well.
    pub fn ok(&self, args: &[&str]) -> Ended {
        let ended = self.recoup(args);
        assert_eq!(ended.code, 0, "{args:?}: {ended:?}");
        ended
    }

    /// The weekly job on a file, for the tests' day, with further arguments.
    pub fn run(&self, file: &str, more: &[&str]) -> Ended {
        self.recoup(&[&["run", file, "--as-of", AS_OF], more].concat())
    }

    /// The same, where it must end well.
    pub fn run_ok(&self, file: &str) -> Ended {
        self.ok(&["run", file, "--as-of", AS_OF])
    }

    pub fn db(&self) -> Connection {
        open(&self.path("recoup.db"))
    }

    /// Everything in the folder and below it, by name, the files with their bytes.
    pub fn everything(&self) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder that can be read") {
                let path = entry.expect("an entry").path();
                let name = path.strip_prefix(self.folder.path()).expect("it is below").to_string_lossy().into_owned();
                if path.is_dir() && !path.is_symlink() {
                    folders.push(path);
                    found.insert(name, Vec::new());
                } else {
                    found.insert(name, std::fs::read(&path).unwrap_or_default());
                }
            }
        }
        found
    }

    /// Runs the binary where no file may grow beyond this many KiB, as on a disk that is full.
    #[cfg(unix)]
    pub fn without_room(&self, kib: u32, args: &[&str]) -> Ended {
        let script = format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"");
        let mut command = Command::new("bash");
        command.args(["-c", &script]).arg(self.program()).args(args);
        ended(command.current_dir(self.folder.path()))
    }

    /// The report of the tests' day.
    pub fn report(&self) -> String {
        self.read(&format!("reports/{AS_OF}/report.html"))
    }
}

/// The program with one migration more, built once: an example is not built for one test target alone.
fn next_version() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--offline", "--example", "next_version"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(built.expect("cargo").success(), "the next version is not built");
        PathBuf::from(env!("CARGO_BIN_EXE_recoup")).with_file_name("examples").join("next_version")
    })
}

/// Runs a command to its end.
pub fn ended(command: &mut Command) -> Ended {
    let output = command.output().expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    Ended { code: output.status.code().expect("not killed"), stdout: text(output.stdout), stderr: text(output.stderr) }
}

pub fn open(path: &Path) -> Connection {
    Connection::open(path).expect("a database")
}

/// The program's database of three loans, as of 2026-01-31, in a folder where the next version of the program is at work
/// from then on.
pub fn of_an_earlier_version(dir: &Workdir) -> Connection {
    let earlier = Workdir::new();
    let book = ["0", "10", "95"].iter().fold(Rows::new(), |book, days| book.loan(&[("Days_Past_Due", days)]));
    earlier.write("book.csv", book.csv());
    earlier.ok(&["run", "book.csv", "--as-of", "2026-01-31"]);
    std::fs::copy(earlier.path("recoup.db"), dir.path("recoup.db")).expect("a database");
    dir.upgrade();
    let db = open(&dir.path("recoup.db"));
    assert_eq!(value::<i64>(&db, "select count(*) from risk_scores"), 3);
    db
}

/// One value of a query.
pub fn value<T: rusqlite::types::FromSql>(connection: &Connection, query: &str) -> T {
    connection.query_row(query, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{query}: {error}"))
}

/// The first column of a query, a text a row.
pub fn texts(connection: &Connection, query: &str) -> Vec<String> {
    let mut statement = connection.prepare(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let rows = statement.query_map([], |row| row.get(0)).expect("a query");
    rows.collect::<rusqlite::Result<_>>().unwrap_or_else(|error| panic!("{query}: {error}"))
}

/// Every row of a query as text, for comparing.
pub fn rows(connection: &Connection, query: &str) -> Vec<String> {
    let mut statement = connection.prepare(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let values = (0..columns).map(|column| Ok(format!("{:?}", row.get_ref(column)?)));
        Ok(values.collect::<rusqlite::Result<Vec<_>>>()?.join(" "))
    });
    rows.expect("a query").collect::<rusqlite::Result<_>>().expect("rows")
}

/// A small book, written value by value: a row gives the columns that matter to the test.
#[derive(Clone)]
pub struct Rows {
    columns: Vec<String>,
    rows: Vec<BTreeMap<String, String>>,
}

impl Rows {
    pub fn new() -> Self {
        let columns = ["Loan_ID", "Outstanding_Loan_Amount", "Days_Past_Due"];
        Self { columns: columns.map(str::to_owned).to_vec(), rows: Vec::new() }
    }

    /// Adds a loan that has the required values, and these over them.
    pub fn loan(mut self, values: &[(&str, &str)]) -> Self {
        let mut row = BTreeMap::from([
            ("Loan_ID".to_owned(), format!("LN_{}", self.rows.len() + 1)),
            ("Outstanding_Loan_Amount".to_owned(), "1000".to_owned()),
            ("Days_Past_Due".to_owned(), "0".to_owned()),
        ]);
        for (column, value) in values {
            if !self.columns.iter().any(|known| known == column) {
                self.columns.push((*column).to_owned());
            }
            row.insert((*column).to_owned(), (*value).to_owned());
        }
        self.rows.push(row);
        self
    }

    /// Adds loans with nothing but the required values.
    pub fn loans(mut self, count: usize) -> Self {
        for _ in 0..count {
            self = self.loan(&[]);
        }
        self
    }

    pub fn csv(&self) -> String {
        let mut text = self.columns.join(",") + "\n";
        for row in &self.rows {
            let fields: Vec<&str> =
                self.columns.iter().map(|column| row.get(column).map_or("", String::as_str)).collect();
            text += &(fields.join(",") + "\n");
        }
        text
    }
}

/// A book with one column's values changed, header kept; `change` gets the row's number from 0 and the old value.
pub fn with_column(csv: &str, column: &str, change: impl Fn(usize, &str) -> String) -> String {
    let mut lines = csv.lines();
    let header = lines.next().expect("a header");
    let place = header.split(',').position(|name| name == column).unwrap_or_else(|| panic!("no column {column}"));
    let mut text = format!("{header}\n");
    for (number, line) in lines.enumerate() {
        let mut fields: Vec<String> = line.split(',').map(str::to_owned).collect();
        fields[place] = change(number, &fields[place]);
        text += &(fields.join(",") + "\n");
    }
    text
}

/// The book this many days later: late loans are that much later, and every seventh borrower has paid a little.
pub fn aged(csv: &str, days: i64) -> String {
    let later = with_column(csv, "Days_Past_Due", |_, value| match value.parse::<i64>() {
        Ok(late) if late > 0 => (late + days).to_string(),
        _ => value.to_owned(),
    });
    with_column(&later, "Outstanding_Loan_Amount", |row, value| match value.parse::<f64>() {
        Ok(owed) if row % 7 == 0 && owed > 1.0 => format!("{:.2}", owed - 0.5),
        _ => value.to_owned(),
    })
}

/// The values of one column of a CSV without quotation marks.
pub fn column(csv: &str, column: &str) -> Vec<String> {
    let values = std::cell::RefCell::new(Vec::new());
    with_column(csv, column, |_, value| {
        values.borrow_mut().push(value.to_owned());
        String::new()
    });
    values.into_inner()
}
