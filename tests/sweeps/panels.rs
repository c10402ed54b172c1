//! What the weekly files of made-up lenders add up to, against what really happened: with loans that vanish and come back, part
//! payments, refinancing, new schedules, a frozen week, and ids that change.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rusqlite::Connection;

use crate::dump::dump;
use crate::workdir::{Workdir, texts, value};

const LOANS: &str = "300";
const WEEKS: &str = "30";
const LAST_DAY: &str = "2026-03-30";
const FROZEN: &str = "11";
const RENUMBERED: &str = "17";

/// So many lenders, or as many as RECOUP_LENDERS says.
const LENDERS: u64 = 10;

const EXITS: [(&str, &str); 5] = [
    ("paid_off", "fully_recovered"),
    ("settled", "partially_recovered"),
    ("written_off", "written_off"),
    ("refinanced", "refinanced"),
    ("vanished", "unknown"),
];

struct Fact {
    day: String,
    loan: String,
    event: String,
    minor: i64,
    /// The cash of a payment.
    cash: i64,
}

/// The days past due of the live loans of each file, by its day, and the truth; all ids are those of the last file.
struct Lender {
    dir: Workdir,
    files: BTreeMap<String, BTreeMap<String, i64>>,
    facts: Vec<Fact>,
}

fn minor(text: &str) -> i64 {
    text.replace('.', "").parse().unwrap_or(0)
}

fn columns<const N: usize>(csv: &str, names: [&str; N]) -> Vec<[String; N]> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let places = names.map(|name| header.iter().position(|column| column == name).expect(name));
    reader.records().map(|line| line.expect("a line")).map(|line| places.map(|place| line[place].to_owned())).collect()
}

impl Lender {
    /// Runs the job on every file, as somebody does who minds what it says.
    fn run(seed: u64, more: &[&str]) -> Self {
        let dir = Workdir::new();
        let seed = seed.to_string();
        let lender =
            ["demo", "--weeks", WEEKS, "--loans", LOANS, "--seed", &seed, "--as-of", LAST_DAY, "--out", "weeks"];
        let faults = ["--frozen-week", FROZEN, "--renumber-week", RENUMBERED];
        dir.ok(&[&lender[..], &faults, more].concat());
        let truth = columns(&dir.read("weeks/truth.csv"), ["week", "loan_id", "event", "amount", "detail"]);
        let is = |event: &'static str| move |fact: &&[String; 5]| fact[2] == event;
        let renumbered: BTreeMap<&str, &str> =
            truth.iter().filter(is("renumbered")).map(|fact| (fact[1].as_str(), fact[4].as_str())).collect();
        let frozen = truth.iter().find(is("frozen")).map(|fact| fact[0].as_str()).expect("a frozen week");
        let new_from = truth.iter().find(is("renumbered")).map(|fact| fact[0].as_str()).expect("new ids");
        let last_id = |id: &String| renumbered.get(id.as_str()).map_or_else(|| id.clone(), |id| (*id).to_owned());
        let mut days: Vec<String> = std::fs::read_dir(dir.path("weeks"))
            .expect("the files")
            .map(|file| file.expect("a file").file_name().into_string().expect("a day").replace(".csv", ""))
            .filter(|name| name != "truth")
            .collect();
        days.sort();
        let mut files = BTreeMap::new();
        for day in &days {
            let file = format!("weeks/{day}.csv");
            let run = ["run", &file, "--as-of", day, "--model", "policy"];
            if day == frozen {
                let refused = dir.recoup(&run);
                assert!(refused.code == 3 && refused.stderr.contains("this is the book of"), "{day}: {refused:?}");
                continue;
            }
            if day == new_from {
                let refused = dir.recoup(&run);
                assert!(refused.code == 3 && refused.stderr.contains("under another id"), "{day}: {refused:?}");
                let ids: String = renumbered.iter().map(|(old, new)| format!("{old},{new}\n")).collect();
                dir.write("ids.csv", format!("old_id,new_id\n{ids}"));
                dir.ok(&["renumber", "ids.csv"]);
            }
            dir.ok(&run);
            let names = ["Loan_ID", "Days_Past_Due", "Recovery_Status"];
            let live = columns(&dir.read(&file), names).into_iter().filter(|row| row[2] == "Outstanding");
            let days_of = |[loan, days, _]: [String; 3]| (last_id(&loan), days.parse().expect("days"));
            files.insert(day.clone(), live.map(days_of).collect());
        }
        let facts =
            truth.iter().filter(|fact| !["renumbered", "frozen"].contains(&fact[2].as_str())).map(|fact| Fact {
                day: fact[0].clone(),
                loan: last_id(&fact[1]),
                event: fact[2].clone(),
                minor: minor(&fact[3]),
                cash: minor(&fact[4]),
            });
        let facts = facts.collect();
        Self { dir, files, facts }
    }

    fn of(&self, event: &str) -> BTreeSet<String> {
        self.facts.iter().filter(|fact| fact.event == event).map(|fact| format!("{} {}", fact.day, fact.loan)).collect()
    }

    /// Why each loan that left the files did, by day and loan.
    fn exits(&self) -> BTreeMap<String, &'static str> {
        let reason = |fact: &Fact| EXITS.iter().find(|(event, _)| *event == fact.event).map(|(_, reason)| *reason);
        let exits = self.facts.iter().filter_map(|fact| Some((format!("{} {}", fact.day, fact.loan), reason(fact)?)));
        exits.collect()
    }

    /// What was paid between two files on loans that are live in both, or known to be paid off: the cash, or only the principal.
    fn paid(&self, db: &Connection, (start, end): (&str, &str), of: fn(&Fact) -> i64) -> i64 {
        let (before, now) = (&self.files[start], &self.files[end]);
        let of_month = self.facts.iter().filter(|fact| fact.day.as_str() > start && fact.day.as_str() <= end);
        let of_month: Vec<&Fact> = of_month.filter(|fact| before.contains_key(&fact.loan)).collect();
        let known = format!(
            "select loan_id from loan_exits_by_run join runs using (run_id)
             where reason = 'fully_recovered' and as_of_date > '{start}' and as_of_date <= '{end}'"
        );
        let paid_off = found(db, &known);
        let counts = |loan: &str| now.contains_key(loan) || paid_off.contains(loan);
        let cash = |fact: &&Fact| match fact.event.as_str() {
            "paid" | "part_paid" | "paid_off" => of(fact),
            "paid_unseen" => fact.minor,
            _ => 0,
        };
        of_month.iter().filter(|fact| counts(&fact.loan)).map(cash).sum()
    }
}

fn lenders() -> std::ops::Range<u64> {
    0..std::env::var("RECOUP_LENDERS").map_or(LENDERS, |lenders| lenders.parse().expect("a number of lenders"))
}

fn found(db: &Connection, query: &str) -> BTreeSet<String> {
    texts(db, query).into_iter().collect()
}

/// What was found wrong of one lender, and of how many.
#[derive(Debug, Default)]
struct Findings {
    inferred: usize,
    wrong: Vec<String>,
    evergreened: usize,
    caught_up: usize,
    cells: usize,
    outside: usize,
    floor: Vec<f64>,
}

impl Findings {
    fn of(lender: &Lender) -> Self {
        let db = lender.dir.db();
        let mut findings = Self::default();
        findings.look_at_exits(lender, &db);
        findings.look_at_arrears(lender, &db);
        findings.look_at_months(lender, &db);
        let differences = "select distinct amount || '' from reconciliation_by_run where line = 'difference'";
        assert_eq!(texts(&db, differences), ["0.0"]);
        findings
    }

    fn look_at_exits(&mut self, lender: &Lender, db: &Connection) {
        let evergreened =
            "select as_of_date || ' ' || loan_id from loan_exits_by_run join runs using (run_id) where is_evergreened";
        assert_eq!(found(db, evergreened), lender.of("evergreened"));
        self.evergreened = lender.of("evergreened").len();
        let mut truth = lender.exits();
        let exits = "select as_of_date || ' ' || loan_id || ' ' || reason || ' ' || basis
            from loan_exits_by_run join runs using (run_id)";
        for exit in texts(db, exits) {
            let [day, loan, reason, basis] = exit.split(' ').collect::<Vec<_>>()[..] else { panic!("{exit}") };
            let happened = truth.remove(&format!("{day} {loan}"));
            self.inferred += usize::from(basis == "inferred");
            // An early payoff leaves no evidence when the loan leaves the file at once.
            if happened != Some(reason) && !(reason == "unknown" && happened == Some("fully_recovered")) {
                assert_eq!(basis, "inferred", "{exit}: {happened:?}");
                self.wrong.push(exit);
            }
        }
        assert!(truth.is_empty(), "not noticed: {truth:?}");
    }

    /// New schedules of loans over 30 days late are caught up without cash, and no others; paid arrears are caught up with it.
    fn look_at_arrears(&mut self, lender: &Lender, db: &Connection) {
        let caught_up = |is_paid: i64| {
            let query = format!(
                "select as_of_date || ' ' || loan_id
                 from arrears_events join runs using (run_id) join loan_register using (loan_key)
                 where event = 'caught_up' and is_paid = {is_paid}"
            );
            found(db, &query)
        };
        let restructured = lender.of("restructured");
        let (unpaid, paid) = (caught_up(0), caught_up(1));
        for event in unpaid.iter().filter(|event| !restructured.contains(*event)) {
            panic!("caught up without cash: {event}");
        }
        let days: Vec<&String> = lender.files.keys().collect();
        for fact in lender.facts.iter().filter(|fact| ["restructured", "cured"].contains(&fact.event.as_str())) {
            let key = format!("{} {}", fact.day, fact.loan);
            let Some(place) = days.iter().position(|day| **day == fact.day).filter(|place| *place > 0) else {
                continue;
            };
            let late = |place: usize| lender.files[days[place]].get(&fact.loan);
            let was_late = late(place - 1).is_some_and(|days| *days > 30);
            if was_late && late(place) == Some(&0) {
                assert!(unpaid.contains(&key) || paid.contains(&key), "{} is not noticed: {key}", fact.event);
                if fact.event == "cured" && !restructured.contains(&key) {
                    assert!(paid.contains(&key), "paid, and not noticed: {key}");
                }
                self.caught_up += 1;
            }
        }
        // The truth does not call it a cure where the next instalment falls due on the day of the file.
        let is_paid = |key: &String| {
            let (day, loan) = key.split_once(' ').expect("a day and a loan");
            let was_late = |file: &(&String, &BTreeMap<String, i64>)| file.1.get(loan).is_some_and(|days| *days > 30);
            let last_late =
                lender.files.range(..day.to_owned()).rev().find(was_late).map_or("", |(day, _)| day.as_str());
            lender.facts.iter().any(|fact| {
                fact.loan == loan
                    && fact.event.contains("paid")
                    && fact.day.as_str() > last_late
                    && fact.day.as_str() <= day
            })
        };
        let invented: Vec<&String> = paid.iter().filter(|key| !is_paid(key)).collect();
        assert!(invented.is_empty(), "caught up with cash: {invented:?}");
    }

    /// In every month, each state's true number of loans lies between what is known and what the loans gone may be.
    fn look_at_months(&mut self, lender: &Lender, db: &Connection) {
        let months = "select start.as_of_date || ' ' || run.as_of_date
            from period_pairs as pair join runs as run using (run_id) join runs as start on start.run_id = pair.start_run_id";
        let exits = lender.exits();
        for month in texts(db, months) {
            let (start, end) = month.split_once(' ').expect("two days");
            let mut truth: BTreeMap<String, i64> = BTreeMap::new();
            for (loan, days) in &lender.files[start] {
                let gone = || {
                    let mut of_loan = exits.iter().filter(|(key, _)| key.ends_with(&format!(" {loan}")));
                    of_loan
                        .rfind(|(key, _)| &key[..10] > start && &key[..10] <= end)
                        .map_or("unknown", |(_, reason)| *reason)
                };
                let now = lender.files[end].get(loan);
                let to = now.map_or_else(|| gone().to_owned(), |now| bucket(*now).to_string());
                *truth.entry(format!("{} {to}", bucket(*days))).or_default() += 1;
            }
            let moved = |condition: &str| {
                let query = format!(
                    "select state_from || ' ' || state_to || ' ' || loans
                     from transition_sums join runs using (run_id)
                     where as_of_date = '{end}' and {condition}"
                );
                let sums = texts(db, &query);
                let sums = sums.iter().map(|sum| sum.rsplit_once(' ').expect("a sum"));
                sums.map(|(states, loans)| (states.to_owned(), loans.parse::<i64>().expect("a number"))).collect()
            };
            let known: BTreeMap<String, i64> = moved("state_from not in ('new', 'returned') and state_to <> 'unknown'");
            let unknown: BTreeMap<String, i64> = moved("state_to = 'unknown'");
            let states: BTreeSet<&String> = known.keys().chain(truth.keys()).collect();
            for state in states.into_iter().filter(|state| !state.ends_with("unknown")) {
                let gone = unknown.get(&format!("{} unknown", &state[..1])).copied().unwrap_or(0);
                let [known, truth] = [&known, &truth].map(|of| of.get(state).copied().unwrap_or(0));
                self.cells += 1;
                self.outside += usize::from(!(known..=known + gone).contains(&truth));
            }
            let collected = format!(
                "select coalesce(collected, collected_at_least)
                 from cash_collected_by_run join runs using (run_id)
                 where as_of_date = '{end}'"
            );
            let collected: f64 = value(db, &collected);
            self.floor.push(collected * 100.0 / lender.paid(db, (start, end), |fact| fact.minor) as f64);
        }
    }
}

fn bucket(days: i64) -> usize {
    [0, 30, 60, 90, 180].iter().filter(|last| days > **last).count()
}

#[test]
fn the_weeks_of_known_lenders_add_up_to_what_happened() {
    let of_lender = |seed: u64| Findings::of(&Lender::run(seed, &[]));
    let all: Vec<Findings> = lenders().into_par_iter().map(of_lender).collect();
    let sum = |of: fn(&Findings) -> usize| all.iter().map(of).sum::<usize>();
    let floors: Vec<f64> = all.iter().flat_map(|findings| findings.floor.clone()).collect();
    println!(
        "{} lenders: {} inferred, wrong {:?}; {} evergreened, {} caught up; {} of {} cells outside; principal {:.4} to {:.4}",
        all.len(),
        sum(|findings| findings.inferred),
        all.iter().flat_map(|findings| &findings.wrong).collect::<Vec<_>>(),
        sum(|findings| findings.evergreened),
        sum(|findings| findings.caught_up),
        sum(|findings| findings.outside),
        sum(|findings| findings.cells),
        floors.iter().copied().fold(f64::INFINITY, f64::min),
        floors.iter().copied().fold(0.0, f64::max)
    );
    let wrong = sum(|findings| findings.wrong.len());
    assert!(wrong * 20 <= sum(|findings| findings.inferred), "{wrong} inferred exits are wrong");
    // Each wrong exit is in the two cells, and the cash, of some five weekly looks at a month.
    assert!(sum(|findings| findings.outside) <= wrong * 10);
    // Where overdue interest is added to a balance, it hides as much of what was paid in that month.
    assert!(floors.iter().all(|share| (0.97..1.02).contains(share)), "{floors:?}");
    let above = floors.iter().filter(|share| **share > 1.000_001).count();
    assert!(above <= wrong * 5, "{above} months have more than was paid");
}

#[test]
fn where_balances_hold_interest_the_cash_is_estimated_within_one_percent() {
    let of_lender = |seed: u64| {
        let lender = Lender::run(seed, &["--accrued-interest"]);
        let db = lender.dir.db();
        let months = "select start.as_of_date || ' ' || run.as_of_date || ' ' || cash.collected
            from cash_collected_by_run as cash
            join runs as run using (run_id) join runs as start on start.run_id = cash.start_run_id
            where cash.basis = 'accrued'";
        let (mut estimate, mut truth) = (0.0, 0.0);
        for month in texts(&db, months) {
            let [start, end, collected] = month.split(' ').collect::<Vec<_>>()[..] else { panic!("{month}") };
            estimate += collected.parse::<f64>().expect("an amount") * 100.0;
            truth += lender.paid(&db, (start, end), |fact| fact.cash) as f64;
        }
        assert!(truth > 0.0, "no month is taken for one of accrued interest");
        estimate / truth
    };
    let shares: Vec<f64> = lenders().into_par_iter().map(of_lender).collect();
    println!("estimated cash as a share of the true: {shares:.4?}");
    assert!(shares.iter().all(|share| (0.99..=1.01).contains(share)), "{shares:?}");
}

#[test]
fn history_made_again_is_the_same() {
    let lender = Lender::run(1, &[]);
    let before = dump(&lender.dir.db());
    lender.dir.ok(&["history", "--rebuild"]);
    let after = dump(&lender.dir.db());
    assert!(before == after, "history made again differs");
}
