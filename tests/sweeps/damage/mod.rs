//! A known book, written in every way and damaged in every way that is known: it is loaded with exactly the right values,
//! or its lines are rejected, or the file is refused. No silent difference.

mod book;
mod harm;
mod kinds;
mod render;
pub mod trial;
mod verdict;

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use recoup::parts::Expected;

use book::{Book, CONFIG, Plan};
use harm::File;
use kinds::{Harm, KINDS, Kind};
use render::{Below, DATES, Dates, ENCODINGS, Encoding, LINE_ENDS, NUMBERS, SEPARATORS, Style};
use trial::{Bench, Ending, Taken};

/// A runner that draws the same cases each time.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn plans(loans: std::ops::Range<usize>) -> impl Strategy<Value = Plan> {
    (loans, any::<u64>(), prop::bool::weighted(0.7), prop::bool::weighted(0.7))
        .prop_map(|(loans, seed, has_millions, has_late_days)| Plan { loans, seed, has_millions, has_late_days })
}

/// What a style has beside what the sweep goes through one by one.
fn trimmings() -> impl Strategy<Value = Style> {
    let below = [Below::Nothing, Below::TotalLine, Below::SumsAlone, Below::Sentence];
    let texts = (select(vec!["", "₹ ", "$", "Rs. ", " €"]), select(vec!["", "#N/A", "NULL", "-", "NaN"]));
    (texts, any::<[bool; 3]>(), 0..4_usize, select(below.to_vec())).prop_map(
        |((currency, missing), [has_brackets, has_percent, has_separator_line], titles, below)| Style {
            encoding: Encoding::Utf8,
            separator: ',',
            line_end: "\n",
            is_all_quoted: false,
            numbers: NUMBERS[0],
            dates: Dates::Iso,
            currency,
            has_brackets,
            has_percent,
            missing,
            has_separator_line,
            titles,
            below,
        },
    )
}

fn styles() -> impl Strategy<Value = Style> {
    let (encodings, separators) = (select(ENCODINGS.to_vec()), select(SEPARATORS.to_vec()));
    let (ends, numbers, dates) = (select(LINE_ENDS.to_vec()), select(NUMBERS.to_vec()), select(DATES.to_vec()));
    (trimmings(), encodings, separators, ends, any::<bool>(), numbers, dates).prop_map(
        |(style, encoding, separator, line_end, is_all_quoted, numbers, dates)| Style {
            encoding,
            separator,
            line_end,
            is_all_quoted,
            numbers,
            dates,
            ..style
        },
    )
}

/// The settings with which a book in this style is read, before anything that only its values leave open is set.
fn settings(style: &Style) -> String {
    let code = match style.currency.trim() {
        "$" => "USD",
        "€" => "EUR",
        _ => "INR",
    };
    format!("{CONFIG}[currency]\ncode = \"{code}\"\n")
}

/// The settings that settle what this book in this style leaves open.
fn settled(book: &Book, style: &Style) -> String {
    let order = if style.dates == Dates::DayFirst { "day-first" } else { "month-first" };
    let dates = if style.hides_order(book) { order } else { "auto" };
    let mark = if style.numbers.mark == ',' { "comma" } else { "point" };
    let decimal = if style.hides_mark(book) {
        format!("[import.decimal]\nCollateral_Value = \"{mark}\"\n")
    } else {
        String::new()
    };
    format!("{}{decimal}", settings(style).replace("\"auto\"", &format!("{dates:?}")))
}

/// Whether the book in this style is loaded whole and right, once what it leaves open is set.
fn renders(bench: &Bench, book: &Book, style: &Style) -> Result<(), String> {
    let file = style.file(book);
    let asked: Vec<&str> = [
        (style.hides_mark(book), "\"Collateral_Value\" = \"point\" or \"comma\" under [import.decimal]"),
        (style.hides_order(book), "\"Disbursed_On\" = \"day-first\" or \"month-first\" under [import.dates]"),
    ]
    .into_iter()
    .filter_map(|(is_hidden, settling)| is_hidden.then_some(settling))
    .collect();
    match bench.import(&file, &settings(style), &Expected::default()) {
        Ending::Refused(problems) if problems.len() != asked.len() => return Err(format!("refused: {problems:?}")),
        Ending::Refused(problems) => {
            if let Some(settling) =
                asked.iter().find(|settling| !problems.iter().any(|reported| reported.contains(*settling)))
            {
                return Err(format!("{settling} is not in {problems:?}"));
            }
        }
        Ending::Taken(_) if !asked.is_empty() => return Err(format!("taken, though open: {asked:?}")),
        Ending::Taken(taken) => return is_whole(&taken, book, style),
    }
    match bench.import(&file, &settled(book, style), &Expected::default()) {
        Ending::Refused(problems) => Err(format!("refused, though settled: {problems:?}")),
        Ending::Taken(taken) => is_whole(&taken, book, style),
    }
}

fn is_whole(taken: &Taken, book: &Book, style: &Style) -> Result<(), String> {
    let mut line = 1 + style.above().lines().count();
    let header_line = line;
    for (found, row) in taken.loans.iter().zip(&book.0) {
        let (wanted, end) = (Book::plain(row), style.line(&style.row(row)).lines().count());
        line += 1;
        if found.values != wanted || found.line != line as i64 {
            return Err(format!("{found:?} is not {wanted:?} in line {line}"));
        }
        line += end - 1;
    }
    let lines = |text: String, reason: &str| -> Vec<(String, String)> {
        let held = text.lines().filter(|line| !line.is_empty());
        held.map(|line| (reason.to_owned(), line.to_owned())).collect()
    };
    let skipped = [lines(style.above(), "above the header"), lines(style.below(book), "below the data")].concat();
    let kept: Vec<_> = taken.skipped.iter().map(|skipped| (skipped.reason.clone(), skipped.content.clone())).collect();
    let reported =
        (taken.imported.read.encoding, taken.imported.read.separator, taken.imported.read.header_line as usize);
    let separator = match style.separator {
        ',' => "comma",
        ';' => "semicolon",
        '\t' => "tab",
        _ => "pipe",
    };
    if taken.loans.len() != book.0.len() || !taken.rejects.is_empty() || kept != skipped {
        return Err(format!("{} loans, rejects {:?}, skipped {:?}", taken.loans.len(), taken.rejects, taken.skipped));
    }
    if reported != (style.encoding.name(), separator, header_line) {
        return Err(format!("reported {reported:?}"));
    }
    Ok(())
}

#[test]
fn a_book_is_read_the_same_however_it_is_written() {
    let bench = Bench::new();
    let cases = (plans(20..40), styles());
    let ending = runner(160)
        .run(&cases, |(plan, style)| renders(&bench, &Book::new(plan, 'K'), &style).map_err(TestCaseError::fail));
    ending.unwrap();
}

#[test]
fn a_book_is_read_the_same_in_every_combination() {
    let bench = Bench::new();
    let mut runner = runner(1);
    let (mut files, mut open) = (0, 0);
    for (encoding, separator, line_end, is_all_quoted) in
        combinations(&ENCODINGS, &SEPARATORS, &LINE_ENDS, &[false, true])
    {
        for (numbers, dates) in NUMBERS.iter().flat_map(|numbers| DATES.iter().map(move |dates| (*numbers, *dates))) {
            let drawn = (plans(20..40), trimmings()).new_tree(&mut runner).expect("a case").current();
            let style = Style { encoding, separator, line_end, is_all_quoted, numbers, dates, ..drawn.1 };
            let book = Book::new(drawn.0, 'K');
            renders(&bench, &book, &style).unwrap_or_else(|problem| panic!("{:?} {style:?}: {problem}", drawn.0));
            files += 1;
            open += u32::from(style.hides_mark(&book) || style.hides_order(&book));
        }
    }
    println!("{files} renderings loaded with every value right, {open} of them once what no value tells was set");
    assert_eq!(files, 3_840);
}

/// All combinations of four lists.
fn combinations<A: Copy, B: Copy, C: Copy, D: Copy>(a: &[A], b: &[B], c: &[C], d: &[D]) -> Vec<(A, B, C, D)> {
    let mut all = Vec::new();
    for one in a {
        for two in b {
            for three in c {
                all.extend(d.iter().map(|four| (*one, *two, *three, *four)));
            }
        }
    }
    all
}

/// What became of the files of a kind of harm.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    files: usize,
    refused: usize,
    loaded: usize,
    rejected: usize,
    skipped: usize,
}

impl Tally {
    fn add(&mut self, ending: &Ending) {
        self.files += 1;
        match ending {
            Ending::Refused(_) => self.refused += 1,
            Ending::Taken(taken) => {
                self.loaded += taken.imported.loans_loaded as usize;
                self.rejected += taken.imported.rows_rejected as usize;
                self.skipped += taken.imported.lines_skipped as usize;
            }
        }
    }
}

/// Damages this many files, holds each import to its promise, and counts what happened.
fn damage(files: u32) -> (Tally, BTreeMap<Kind, Tally>) {
    let bench = Bench::new();
    let tallies = RefCell::new((Tally::default(), BTreeMap::new()));
    let harm = (select(KINDS.to_vec()), any::<usize>(), any::<usize>());
    let harms = prop::collection::vec(harm.prop_map(|(kind, place, part)| Harm { kind, place, part }), 1..4);
    let cases = (plans(30..140), styles(), harms, any::<bool>());
    let ending = runner(files).run(&cases, |(plan, style, harms, is_settled)| {
        let book = Book::new(plan, 'K');
        let mut file = File::new(&book, style);
        let suffered = file.suffer(&harms, &Book::new(Plan { loans: 30, ..plan }, 'M'));
        let settings = if is_settled { settled(&book, &style) } else { settings(&style) };
        let ending = bench.import(&file.bytes(), &settings, &Expected::default());
        match &ending {
            Ending::Refused(problems) => prop_assert!(!problems.is_empty()),
            Ending::Taken(taken) => {
                verdict::hold(&file, taken)
                    .map_err(|problem| TestCaseError::fail(format!("{suffered:?}: {problem}")))?;
            }
        }
        let (all, by_kind) = &mut *tallies.borrow_mut();
        all.add(&ending);
        suffered.iter().for_each(|kind| by_kind.entry(*kind).or_insert_with(Tally::default).add(&ending));
        Ok(())
    });
    ending.unwrap_or_else(|failure| panic!("{failure}"));
    tallies.into_inner()
}

#[test]
fn a_damaged_book_is_loaded_right_or_rejected_or_refused() {
    let (all, by_kind) = damage(250);
    assert!(all.loaded > 5_000 && all.refused < 200, "little was tried: {all:?}");
    assert_eq!(by_kind.len(), KINDS.len(), "{by_kind:?}");
}

#[test]
fn no_silent_difference_in_2_000_damaged_files() {
    let (all, by_kind) = damage(2_000);
    println!("{:32} {:>6} {:>8} {:>8} {:>9} {:>8}", "damage", "files", "refused", "loaded", "rejected", "skipped");
    let rows = by_kind.iter().map(|(kind, tally)| (format!("{kind:?}"), tally)).chain([("all".to_owned(), &all)]);
    for (name, Tally { files, refused, loaded, rejected, skipped }) in rows {
        println!("{name:32} {files:>6} {refused:>8} {loaded:>8} {rejected:>9} {skipped:>8}");
    }
    assert_eq!(all.files, 2_000);
    assert!(all.loaded > 20 * all.files && by_kind.len() == KINDS.len(), "little was tried: {all:?}");
}

#[test]
fn a_file_cut_off_at_any_byte_but_a_line_end_is_refused() {
    let bench = Bench::new();
    let text = format!(
        "Title\r\nLoan_ID,Outstanding_Loan_Amount,Days_Past_Due,Name\r\nL1,12.50,3,\"Zoë\r\nx\"\r\nL2,7.00,0,Ørsted\r\n"
    )
    .into_bytes();
    for length in 0..text.len() {
        let ending = bench.import(&text[..length], "[import]\nmax_rejected_percent = 100", &Expected::default());
        match ending {
            Ending::Refused(problems) => assert!(!problems.is_empty()),
            Ending::Taken(taken) => {
                assert!(matches!(text[length - 1], b'\r' | b'\n'), "cut to {length} bytes, and taken");
                assert!(taken.loans.iter().all(|loan| ["L1", "L2"].contains(&loan.values[0].as_deref().unwrap())));
                assert!(taken.rejects.is_empty());
            }
        }
    }
}
