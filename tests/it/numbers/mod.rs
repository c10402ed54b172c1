//! Every number that people read is the one that the database gives: the first screen is computed again here, from the
//! tables alone; the tables of the report are checked against their own queries.

mod tables;

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::mail::Message;
use crate::workdir::{Workdir, column, texts, with_column};

/// Two weeks of a book: some loans fell behind, some improved, were closed or written off, came or went.
fn two_weeks() -> Workdir {
    let dir = Workdir::with_book(900);
    let mail = "[mail]\nfrom = \"r@lender.example\"\nto = [\"a@lender.example\"]\nmask = false\n[mail.smtp]\nhost = \"localhost\"\n";
    dir.write("recoup.toml", mail);
    dir.ok(&["run", "book.csv", "--as-of", "2026-03-24"]);
    let book = dir.read("book.csv");
    let days = column(&book, "Days_Past_Due");
    let moved = |row: usize, days: &str| match (row % 7, days.parse::<i64>().unwrap_or(0)) {
        (0, days) if days > 20 => "0".to_owned(),
        (_, 0) => "0".to_owned(),
        (_, days) => (days + 7).to_string(),
    };
    let book = with_column(&book, "Days_Past_Due", moved);
    let book = with_column(&book, "Recovery_Status", |row, status| {
        if row % 43 == 3 {
            "Written Off".to_owned()
        } else if row % 41 == 3 {
            "Fully Recovered".to_owned()
        } else {
            status.to_owned()
        }
    });
    let book =
        with_column(&book, "Loan_ID", |row, id| if row % 29 == 1 { format!("NEW_{row}") } else { id.to_owned() });
    let book = with_column(&book, "Outstanding_Loan_Amount", |row, owed| match owed.parse::<f64>() {
        Ok(owed) if row % 5 == 0 => format!("{:.2}", owed * 0.97),
        _ => owed.to_owned(),
    });
    assert!(days.iter().any(|days| days != "0"));
    dir.write("book.csv", book);
    dir.run_ok("book.csv");
    dir
}

/// A number with a comma before its last three digits and before every two above them.
fn indian(number: i64) -> String {
    let digits = number.abs().to_string();
    let (head, tail) = digits.split_at(digits.len().saturating_sub(3));
    let mut pairs: Vec<&str> = Vec::new();
    let mut head = head;
    while !head.is_empty() {
        let (rest, pair) = head.split_at(head.len().saturating_sub(2));
        pairs.insert(0, pair);
        head = rest;
    }
    pairs.push(tail);
    format!("{}{}", if number < 0 { "-" } else { "" }, pairs.join(","))
}

fn rupees(paise: f64) -> String {
    format!("₹{}", indian((paise / 100.0).round() as i64))
}

/// One row of a query, as numbers.
fn numbers(db: &Connection, query: &str) -> Vec<f64> {
    db.query_row(query, [], |row| {
        (0..row.as_ref().column_count())
            .map(|place| row.get::<_, Option<f64>>(place).map(Option::unwrap_or_default))
            .collect()
    })
    .unwrap_or_else(|error| panic!("{query}: {error}"))
}

/// The tables alone: loans of both weeks side by side, with what was decided now.
const LOANS: &str = "
with loans as (
    select l.loan_key as loan_id, l.outstanding_minor as owed, l.days_past_due as days, l.collection_attempts as attempts,
        t.monthly_emi_minor * 1.0 / nullif(t.monthly_income_minor, 0) as burden,
        t.collateral_value_minor * 1.0 / nullif(l.outstanding_minor, 0) as cover,
        l.outstanding_minor > 0 and not l.is_closed as is_open,
        ifnull(l.outcome, '') as outcome, d.risk_score as score, d.is_high_risk as is_high, r.is_approval_needed as approval,
        b.outstanding_minor as owed_then, b.days_past_due as days_then,
        b.outstanding_minor > 0 and not b.is_closed as was_open,
        max(1, ifnull(t.monthly_emi_minor - l.outstanding_minor * ifnull(t.interest_rate_percent, 0) / 1200,
            t.loan_amount_minor / 25.0) / 2) as half_instalment
    from loan_snapshots l
    join loan_details t using (loan_key, details_number)
    join decisions d using (snapshot_id)
    join strategy_rules r using (rule_id)
    left join loan_snapshots b on b.run_id = 1 and b.loan_key = l.loan_key
    where l.run_id = 2
), gone as (
    select b.outstanding_minor as owed, b.days_past_due as days,
        b.outstanding_minor > 0 and not b.is_closed as was_open,
        b.days_past_due <= 30
            and b.outstanding_minor <= max(1.5 * ifnull(t.monthly_emi_minor, 0), 0.02 * t.loan_amount_minor) as was_last,
        exists (
            select 1
            from loan_snapshots n join loan_details nt using (loan_key, details_number) join loan_register nr using (loan_key)
            where n.run_id = 2 and nr.borrower_id = r.borrower_id and nt.loan_amount_minor >= 0.9 * b.outstanding_minor
                and n.loan_key not in (select loan_key from loan_snapshots where run_id = 1)
        ) as is_covered
    from loan_snapshots b join loan_details t using (loan_key, details_number) join loan_register r using (loan_key)
    where b.run_id = 1 and b.loan_key not in (select loan_key from loan_snapshots where run_id = 2)
), step as (
    select loan_id, (days > 0) + (days > 30) + (days > 60) + (days > 90) + (days > 180) as now,
        (days_then > 0) + (days_then > 30) + (days_then > 60) + (days_then > 90) + (days_then > 180) as before
    from loans
) ";

fn reckoned(db: &Connection, select: &str) -> Vec<f64> {
    numbers(db, &format!("{LOANS}{select}"))
}

/// The sentences and figures that the report, and the text and the page of the mail, must contain.
fn facts(db: &Connection) -> Vec<String> {
    let all = reckoned(
        db,
        "select count(*), sum(is_open), sum(owed * is_open), sum(score * owed * is_open),
             sum(not is_open and outcome = 'written_off'), sum(owed * (not is_open and outcome = 'written_off')),
             sum(not is_open and outcome <> 'written_off'), sum(owed * (not is_open and outcome <> 'written_off'))
         from loans",
    );
    let [loans, open, owed, at_risk, lost, lost_owed, closed, closed_owed] = all[..] else { panic!("eight") };
    let percent = |part: f64, whole: f64| format!("{:.1}%", part / whole * 100.0);
    let part = |part: f64, whole: f64| format!("{} ÷ {} = {}", rupees(part), rupees(whole), percent(part, whole));
    let live = format!("{} live loans", indian(open as i64));
    let mut facts = vec![
        format!(
            "the book held {} loans. {} are live and owe {};",
            indian(loans as i64),
            indian(open as i64),
            rupees(owed)
        ),
        format!("{} are closed and {} are written off", indian(closed as i64), indian(lost as i64)),
        format!("All {} lines of the file were loaded", indian(loans as i64)),
        format!("{} on {live}", rupees(owed)),
        format!("{}; {live}", part(at_risk, owed)),
        format!("{} on {} loans, closed", rupees(closed_owed), indian(closed as i64)),
        format!("{} on {} loans, written off", rupees(lost_owed), indian(lost as i64)),
    ];
    for days in [30, 90] {
        let late = reckoned(db, &format!("select count(*), sum(owed) from loans where is_open and days > {days}"));
        facts.push(format!("{} ÷ {}; {} of {live}", rupees(late[1]), rupees(owed), indian(late[0] as i64)));
        facts.push(percent(late[1], owed));
        let then = numbers(
            db,
            &format!(
                "select 100.0 * sum(outstanding_minor) filter (where days_past_due > {days}) / sum(outstanding_minor)
             from loan_snapshots where run_id = 1 and not is_closed"
            ),
        );
        let tenths = |percent: f64| (percent * 10.0).round() / 10.0;
        let change = tenths(late[1] / owed * 100.0) - tenths(then[0]);
        let way = if change > 0.0 { "up" } else { "down" };
        facts.push(format!("{way} {:.1} points since 24 March 2026", change.abs()));
    }
    let high = reckoned(db, "select count(*), sum(owed) from loans where is_open and is_high");
    facts.push(indian(high[0] as i64));
    facts.push(format!("of {live}; {}", part(high[1], owed)));
    for (what, select) in [
        (
            "fell further behind",
            "select count(*), sum(owed) from loans join step using (loan_id) where now > before and is_open",
        ),
        ("improved", "select count(*), sum(owed) from loans join step using (loan_id) where now < before and is_open"),
        (
            "closed",
            "select count(*), sum(owed_then) from loans where was_open and not is_open and outcome <> 'written_off'",
        ),
        (
            "written off",
            "select count(*), sum(owed_then) from loans where was_open and not is_open and outcome = 'written_off'",
        ),
        ("new", "select count(*), sum(owed) from loans where days_then is null and is_open"),
        ("gone from the file", "select count(*), sum(owed) from gone where was_open"),
    ] {
        let moved = reckoned(db, select);
        assert!(moved[0] > 0.0, "{what} happens in this book");
        facts.push(format!("{} {what} ({})", indian(moved[0] as i64), rupees(moved[1])));
    }
    facts
}

/// The alerts, the most money first: loans, what they owe, and the words that tell them from each other.
fn alerts(db: &Connection) -> Vec<(i64, f64, &'static str)> {
    let mut alerts: Vec<_> = [
        ("Passed 90 days", "loans where is_open and days > 90 and days_then <= 90"),
        ("Passed 30 days", "loans where is_open and days between 31 and 90 and days_then <= 30"),
        ("More than 90 days past due", "loans where is_open and days > 90"),
        ("1 to 30 days past due, but not late", "loans where is_open and days between 1 and 30 and days_then <= 0"),
        ("New in the file", "loans where is_open and days > 30 and days_then is null"),
        ("and no longer in the file", "gone where was_open and days > 30 and not is_covered"),
        ("but no longer in the file", "gone where was_open and days <= 30 and not is_covered and not was_last"),
        ("Late, and repaid by a new loan", "gone where was_open and days > 0 and is_covered"),
        (
            "though the balance hardly fell",
            "loans where is_open and was_open and days_then > 30 and days <= 0 and owed_then - owed < half_instalment
                 and (select basis from balance_checks where run_id = 2) <> 'mixed'",
        ),
        ("with no collection attempt", "loans where is_open and days > 30 and attempts = 0"),
        ("Waiting for a named approver", "loans where is_open and approval"),
        ("but no more than 30 days", "loans where is_open and is_high and days <= 30"),
        ("collateral worth the whole balance", "loans where is_open and is_high and cover >= 1"),
        ("instalments above half of income", "loans where is_open and days between 1 and 90 and burden > 0.5"),
    ]
    .into_iter()
    .map(|(words, from)| {
        let sums = reckoned(db, &format!("select count(*), sum(owed) from {from}"));
        (sums[0] as i64, sums[1], words)
    })
    .filter(|(loans, ..)| *loans > 0)
    .collect();
    let largest =
        reckoned(db, "select sum(owed) from (select owed from loans where is_open order by owed desc limit 10)")[0];
    let open = reckoned(db, "select sum(owed) from loans where is_open")[0];
    if largest >= 0.2 * open {
        alerts.push((10, largest, "The ten largest balances"));
    }
    // What is unexplained is shown however small.
    let unexplained = ["and no longer in the file", "Late, and repaid by a new loan", "though the balance hardly fell"];
    let rank = |words: &str| !unexplained.contains(&words);
    alerts.sort_by(|one, other| rank(one.2).cmp(&rank(other.2)).then(other.1.total_cmp(&one.1)));
    alerts.truncate(7);
    alerts
}

/// The words of a page, without its queries, in single spaces.
fn words(html: &str) -> String {
    let mut text = String::new();
    for (number, piece) in html.split("<pre").enumerate() {
        let piece = if number == 0 { piece } else { piece.split_once("</pre>").expect("a query that ends").1 };
        for (number, part) in piece.split('<').enumerate() {
            text.push(' ');
            text += if number == 0 { part } else { part.split_once('>').map_or("", |(_, rest)| rest) };
        }
    }
    plain(&text)
}

fn plain(text: &str) -> String {
    let text = [("&nbsp;", " "), ("&#38;", "&"), ("&#39;", "'"), ("&#34;", "\""), ("&#60;", "<"), ("&#62;", ">")]
        .iter()
        .fold(text.to_owned(), |text, (code, letter)| text.replace(code, letter));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The numbers in a text as they are written: `1,234`, `0.92`, `41.1`.
fn tokens(text: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_ascii_digit() || letter == ',' || letter == '.';
    let pieces = text.split(|letter| !is_part(letter)).map(|piece| piece.trim_matches([',', '.']));
    pieces.filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
}

/// How the two amounts that rest on balances moved since the week before, as the figures say it.
fn moved(db: &Connection) -> Vec<String> {
    let pairs = [
        ("sum(owed * is_open)", "select sum(outstanding_minor) from loan_snapshots where run_id = 1 and not is_closed"),
        ("sum(score * owed * is_open)", "select at_risk_minor from run_summaries where run_id = 1"),
    ];
    let words = pairs.map(|(now, before)| {
        let [now, before] = [reckoned(db, &format!("select {now} from loans")), numbers(db, before)]
            .map(|paise| (paise[0] / 100.0).round());
        let way = if now > before { "up" } else { "down" };
        format!("{way} {} since 24 March", rupees((now - before).abs() * 100.0))
    });
    words.to_vec()
}

/// What else the mail may say: the buckets, the accounts, amounts in crore, and numbers within texts of the database.
fn known_beside(db: &Connection) -> Vec<String> {
    let mut known = Vec::new();
    for days in ["0 and 0", "1 and 30", "31 and 60", "61 and 90", "91 and 180", "181 and 100000"] {
        let sums = "select count(*), total(owed), (select sum(owed) from loans where is_open) from loans";
        let held = reckoned(db, &format!("{sums} where is_open and days between {days}"));
        known.push(format!("{} {} {:.1}", indian(held[0] as i64), rupees(held[1]), held[1] / held[2] * 100.0));
    }
    let first = "from loan_snapshots l join loan_register g using (loan_key) join decisions d using (snapshot_id) join strategy_rules r using (rule_id)
        left join score_reasons s using (snapshot_id)
        where l.run_id = 2 and l.outstanding_minor > 0 and not l.is_closed and r.is_on_worklist
        order by ifnull(d.risk_score, 1) * l.outstanding_minor desc, g.loan_id limit 15";
    let said = "select concat_ws(' ', g.loan_id, g.borrower_id, r.strategy, s.raised_by, l.days_past_due,
        printf('%.2f', d.risk_score))";
    known.extend(texts(db, &format!("{said} {first}")));
    for owed in texts(db, &format!("select cast(l.outstanding_minor as text) {first}")) {
        known.push(rupees(owed.parse().expect("a number")));
    }
    let high = reckoned(db, "select sum(is_high) from loans where is_open")[0]
        - numbers(db, "select high_risk_loans from run_summaries where run_id = 1")[0];
    known.push(indian(high as i64));
    let listed = |is_on_worklist: i64| {
        let select = "select count(*) from loan_snapshots l join decisions using (snapshot_id) join strategy_rules r using (rule_id)";
        let live = "l.run_id = 2 and l.outstanding_minor > 0 and not l.is_closed";
        numbers(db, &format!("{select} where {live} and r.is_on_worklist = {is_on_worklist}"))[0]
    };
    known.push(format!("{} {}", indian(listed(1) as i64), indian(listed(0) as i64)));
    for sum in ["sum(owed * (not is_open))", "sum(owed * is_open)", "sum(score * owed * is_open)"] {
        let crore = reckoned(db, &format!("select {sum} from loans"))[0] / 1e9;
        known.push(if crore < 99.95 { format!("{crore:.1} {crore:.0}") } else { format!("{crore:.0}") });
    }
    known.extend(texts(db, "select ifnull(gate_reason, '') from runs where run_id = 2"));
    let lines = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15";
    known.push(format!("31 March 2026, 24 March 2026; PAR30, PAR90; 30 60 61 90 91 180; {lines}"));
    known
}

#[test]
fn what_report_and_mail_say_first_is_what_the_tables_hold() {
    let dir = two_weeks();
    dir.ok(&["mail", "--to-file", "x.eml"]);
    let message = Message::of(dir.read("x.eml").as_bytes());
    let db = dir.db();
    let pages = [("report", words(&dir.report())), ("text", plain(&message.text)), ("page", words(&message.html))];
    let mut known = [facts(&db), moved(&db)].concat();
    let alerts = alerts(&db);
    assert!(alerts.len() >= 6, "{alerts:?}");
    let gross = reckoned(&db, "select sum(owed) from loans where is_open")[0];
    for (loans, owed, words) in &alerts {
        let share = if words.contains("no longer") || words.contains("repaid by") {
            String::new()
        } else {
            format!(", {:.1}%", owed / gross * 100.0)
        };
        known.push(format!("{} loan{}{share}", indian(*loans), if *loans == 1 { "" } else { "s" }));
        for (name, page) in &pages {
            let (before, _) = page.split_once(words).unwrap_or_else(|| panic!("{words} in the {name}"));
            let near: String = before.chars().rev().take(110).collect::<Vec<_>>().into_iter().rev().collect();
            assert!(near.contains(&rupees(*owed)), "{words}: {} in {near} of the {name}", rupees(*owed));
        }
    }
    for fact in &known {
        for (name, page) in &pages {
            assert!(page.contains(fact.as_str()), "{fact} in the {name}: {page:.1500}");
        }
    }
    // Nor does the mail say any number that is not known.
    known.extend(alerts.iter().map(|(_, owed, _)| rupees(*owed)));
    known.extend(known_beside(&db));
    let known: BTreeSet<String> = known.iter().flat_map(|text| tokens(text)).collect();
    for (name, page) in &pages[1..] {
        let unknown: Vec<_> = tokens(page).difference(&known).cloned().collect();
        assert!(unknown.is_empty(), "the {name} says what the tables do not: {unknown:?}");
    }
}

#[test]
fn an_alert_begins_with_the_first_day_beyond_its_bound_and_a_change_says_which_way() {
    let dir = Workdir::new();
    let book = |loans: &[(&str, i64)]| {
        let lines = loans.iter().map(|(loan, days)| format!("{loan},100,{days}\n"));
        "Loan_ID,Outstanding_Loan_Amount,Days_Past_Due\n".to_owned() + &lines.collect::<String>()
    };
    let before = [("A", 84), ("B", 90), ("C", 89), ("D", 91), ("E", 30), ("F", 31), ("G", 29), ("H", 20), ("I", 5)];
    dir.write("book.csv", book(&before));
    dir.ok(&["run", "book.csv", "--as-of", "2026-03-24"]);
    let now = [("A", 91), ("B", 97), ("C", 90), ("D", 98), ("E", 31), ("F", 32), ("G", 30), ("H", 95), ("J", 31)];
    dir.write("book.csv", book(&now) + "K,100,30\n");
    dir.run_ok("book.csv");
    let db = dir.db();
    for (alert, loans) in
        [("passed_90", &["A", "B", "H"][..]), ("passed_30", &["E"]), ("new_and_late", &["J"]), ("gone", &["I"])]
    {
        let named = texts(&db, &format!("select loan_id from alert_loans where alert = '{alert}' order by loan_id"));
        assert_eq!(named, loans, "{alert}");
    }
    let page = words(&dir.report());
    // 900 in nine loans, then 1,000 in ten.
    assert!(page.contains("Outstanding ₹1,000 up ₹100 since 24 March 2026"), "{page:.1500}");
}
