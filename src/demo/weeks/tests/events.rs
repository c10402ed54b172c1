//! The weekly files against the truth: each balance to the last cent, and what each event does to its loan.

use super::*;

/// How an event moves the balance of the live loans.
fn movement(fact: &Fact) -> i64 {
    let amount = fact.amount.unwrap_or(0);
    match fact.event.as_str() {
        "disbursed" | "charged" | "accrued" | "returned" => amount,
        "paid" | "part_paid" | "paid_off" | "refinanced" | "written_off" | "settled" | "vanished" => -amount,
        "paid_unseen" => 0,
        _ => {
            assert_eq!(fact.amount, None, "{} moves no balance", fact.event);
            0
        }
    }
}

fn live_balances(file: &File) -> BTreeMap<&str, i64> {
    let live = file.iter().filter(|(_, row)| row.status == LIVE);
    live.map(|(loan, row)| (loan.as_str(), row.balance)).collect()
}

/// Asserts that the balance of each loan moves from file to file as the truth says.
fn assert_reconciled(lender: &Lender) {
    for (before, day, now) in lender.pairs() {
        let mut expected = live_balances(before);
        let of_week: Vec<&Fact> = lender.truth.iter().filter(|fact| fact.week == day).collect();
        for fact in of_week.iter().filter(|fact| fact.event == "renumbered") {
            if let Some(balance) = expected.remove(fact.loan.as_str()) {
                assert!(expected.insert(&fact.detail, balance).is_none(), "{} twice", fact.detail);
            }
        }
        for fact in of_week {
            *expected.entry(&fact.loan).or_default() += movement(fact);
        }
        expected.retain(|_, balance| *balance != 0);
        assert_eq!(expected, live_balances(now), "{day}");
    }
    let total = |file: &File| live_balances(file).values().sum::<i64>();
    let (opening, closing) = (lender.files.first_key_value().unwrap().1, lender.files.last_key_value().unwrap().1);
    assert_eq!(total(opening) + lender.truth.iter().map(movement).sum::<i64>(), total(closing));
}

#[test]
fn every_balance_moves_from_file_to_file_as_the_truth_says() {
    for seed in [1, 2, 3] {
        let lender = read(&options(500, 40, seed));
        assert_eq!(lender.files.len(), 40);
        assert_reconciled(&lender);
        let events: BTreeSet<&str> = lender.truth.iter().map(|fact| fact.event.as_str()).collect();
        assert_eq!(events.len(), 15, "seed {seed}: {events:?}");
    }
}

#[test]
fn balances_that_hold_interest_move_by_it_and_by_the_cash() {
    let lender = read(&DemoWeeks { accrues: true, ..options(500, 40, 1) });
    assert_reconciled(&lender);
    let (mut accrued, mut expected) = (0, 0.0);
    for (before, day, now) in lender.pairs() {
        let quiet = lender.loans_with(day, &["paid", "part_paid", "restructured", "returned"]);
        for fact in lender.truth.iter().filter(|fact| fact.week == day && fact.event == "accrued") {
            let is_kept =
                |row: &&Row| row.status == LIVE && now.get(&fact.loan).is_some_and(|next| next.status == LIVE);
            let kept = before.get(&fact.loan).filter(is_kept);
            let Some(row) = kept.filter(|_| !quiet.contains(fact.loan.as_str())) else { continue };
            let a_week = row.balance as f64 * row.rate / 100.0 * 7.0 / 365.0;
            // No interest on interest that is owed.
            let interest = fact.amount.unwrap();
            assert!(
                interest as f64 <= a_week + 2.0 && interest as f64 > 0.7 * a_week - 2.0,
                "{}: {interest}",
                fact.loan
            );
            accrued += interest;
            expected += a_week;
        }
        for fact in lender.truth.iter().filter(|fact| fact.week == day && fact.event.contains("paid")) {
            if fact.event != "paid_unseen" {
                assert_eq!(fact.amount.unwrap(), minor(&fact.detail), "{}: the balance falls by the cash", fact.loan);
            }
        }
    }
    assert!((0.97..=1.0).contains(&(accrued as f64 / expected)), "{accrued} {expected}");
}

#[test]
fn the_smallest_lenders_reconcile_too() {
    for loans in 1..=4 {
        for seed in 1..=5 {
            assert_reconciled(&read(&options(loans, 60, seed)));
        }
    }
}

#[test]
fn balances_reconcile_across_other_ids_and_a_frozen_file() {
    for (renumber, frozen) in [(9, 14), (15, 14), (2, 20), (20, 2)] {
        let lender = DemoWeeks { renumber_week: Some(renumber), frozen_week: Some(frozen), ..options(400, 20, 5) };
        assert_eq!(lender.check(), Ok(()));
        assert_reconciled(&read(&lender));
    }
}

#[test]
fn a_vanished_loan_is_in_no_file_until_it_returns() {
    let lender = read(&options(800, 40, 2));
    let days: Vec<&String> = lender.files.keys().collect();
    let place = |week: &str| days.iter().position(|day| *day == week).unwrap();
    let (mut vanished, mut returned) = (0, 0);
    for fact in lender.facts(&["vanished"]) {
        let from = place(&fact.week);
        let last = &lender.files[days[from - 1]][&fact.loan];
        assert_eq!((last.status.as_str(), Some(last.balance), Some(last.days)), (LIVE, fact.amount, fact.days));
        let is_return = |other: &&Fact| other.loan == fact.loan && place(&other.week) > from;
        let back = lender.facts(&["returned"]).find(is_return);
        let until = back.map_or(days.len(), |back| place(&back.week));
        assert!(days[from..until].iter().all(|day| !lender.files[*day].contains_key(&fact.loan)), "{}", fact.loan);
        vanished += 1;
        if let Some(back) = back {
            let row = &lender.files[days[until]][&fact.loan];
            assert_eq!((Some(row.balance), Some(row.days)), (back.amount, back.days));
            assert!((2..=6).contains(&(until - from)) && back.detail == (until - from).to_string());
            returned += 1;
        }
    }
    assert!(
        (50..110).contains(&vanished) && returned * 5 > vanished && returned * 2 < vanished,
        "{vanished} {returned}"
    );
}

#[test]
fn a_refinanced_loan_is_replaced_by_one_of_the_same_borrower_in_the_same_file() {
    let lender = read(&options(800, 40, 3));
    let late: BTreeSet<&str> = lender.facts(&["evergreened"]).map(|fact| fact.loan.as_str()).collect();
    let mut refinanced = BTreeSet::new();
    for fact in lender.facts(&["refinanced"]) {
        let new = &lender.files[&fact.week][&fact.detail];
        assert_eq!(new.borrower, fact.borrower);
        assert!(new.amount * 10 >= fact.amount.unwrap() * 9, "{}", fact.loan);
        let old = lender.files[&fact.week].get(&fact.loan);
        assert!(old.is_none_or(|old| old.status == "Refinanced" && old.balance == 0));
        assert_eq!(late.contains(fact.loan.as_str()), fact.days > Some(0));
        refinanced.insert(fact.loan.as_str());
    }
    assert!(late.len() > 3 && refinanced.len() > late.len() && late.is_subset(&refinanced));
}

#[test]
fn a_restructured_loan_is_current_without_a_payment() {
    let lender = read(&options(800, 40, 3));
    let mut loans = 0;
    for (before, day, now) in lender.pairs() {
        let paid = lender.loans_with(day, &["paid", "part_paid", "vanished", "paid_off"]);
        for loan in lender.loans_with(day, &["restructured"]).difference(&paid) {
            let (old, new) = (&before[*loan], &now[*loan]);
            assert!(old.days > 20 && new.days <= 7 && new.balance >= old.balance, "{loan} on {day}");
            loans += 1;
        }
    }
    assert!(loans > 3, "{loans}");
}

#[test]
fn a_closed_loan_shows_what_was_lost_for_some_weeks_and_leaves() {
    let lender = read(&options(800, 40, 1));
    let ends =
        [("paid_off", "Fully Recovered", 2), ("written_off", "Written Off", 12), ("settled", "Partially Recovered", 6)];
    for (event, status, most_files) in ends {
        let mut shown = 0;
        for fact in lender.facts(&[event]) {
            let lost = if event == "paid_off" { Some(0) } else { fact.amount };
            let rows = lender.files.range(fact.week.clone()..).filter_map(|(_, file)| file.get(&fact.loan));
            let rows: Vec<&Row> = rows.collect();
            assert!(rows.len() <= most_files, "{}: {} files", fact.loan, rows.len());
            assert!(rows.iter().all(|row| row.status == status && Some(row.balance) == lost), "{}", fact.loan);
            shown += usize::from(!rows.is_empty());
        }
        assert!(shown > 3, "{event}: {shown}");
    }
}

#[test]
fn a_frozen_file_is_the_one_before_and_other_ids_share_none() {
    let lender = DemoWeeks { renumber_week: Some(8), frozen_week: Some(5), ..options(300, 10, 1) };
    let made = bytes(&lender);
    let name = |week| format!("{}.csv", lender.day_of(week));
    assert_eq!(made[&name(5)], made[&name(4)]);
    assert_ne!(made[&name(6)], made[&name(5)]);
    let lender_read = read(&lender);
    let of_week = |week: u32| lender_read.truth.iter().filter(move |fact| fact.week == lender.day_of(week).to_string());
    assert_eq!(of_week(5).map(|fact| fact.event.as_str()).collect::<Vec<_>>(), ["frozen"]);
    let file = |week: u32| &lender_read.files[&lender.day_of(week).to_string()];
    let ids: BTreeMap<&str, &str> = of_week(8)
        .filter(|fact| fact.event == "renumbered")
        .map(|fact| (fact.loan.as_str(), fact.detail.as_str()))
        .collect();
    assert!(file(7).keys().all(|loan| !file(8).contains_key(loan)));
    let kept = file(7).iter().filter_map(|(loan, row)| Some((row, file(8).get(*ids.get(loan.as_str())?)?)));
    let kept: Vec<bool> = kept.map(|(old, new)| old.borrower == new.borrower && old.amount == new.amount).collect();
    assert!(kept.len() > 290 && kept.iter().all(|is_same| *is_same), "{} kept", kept.len());
}
