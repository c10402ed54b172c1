//! Weeks that come late, and weeks whose loans are gone: the sums are as if nothing had happened.

use crate::cures::{rows, week};
use crate::workdir::{Workdir, value};

#[test]
fn a_forgotten_week_loaded_late_gives_what_all_weeks_in_order_give() {
    let [late, in_order] = [[0, 1, 3, 4, 2], [0, 1, 2, 3, 4]].map(|order| {
        let dir = Workdir::new();
        for number in order {
            let day = format!("2026-03-{:02}", 2 + 7 * number);
            let days = [10, 17, 38, 45, 0][number];
            week(
                &dir,
                number,
                &day,
                &[
                    &format!("SLOW,Ann,2000,100,12,{},{days},", if number == 4 { 800 } else { 1000 }),
                    &format!("STAYS,Bea,2000,100,12,{},0,", 900 - 10 * number),
                ],
            );
        }
        dir
    });
    let of = |dir: &Workdir| {
        let events = "arrears_events join runs using (run_id) order by as_of_date";
        let moved = "movement_summaries join runs using (run_id) where loans > 0 order by as_of_date, movement";
        let mut all = rows(&dir.db(), "as_of_date, event", events);
        all.extend(rows(&dir.db(), "as_of_date, movement, loans", moved));
        all
    };
    assert_eq!(of(&in_order)[..2], ["2026-03-16|fell_behind", "2026-03-30|caught_up"]);
    assert_eq!(of(&late), of(&in_order));
}

#[test]
fn sums_of_months_that_are_over_outlive_their_loans() {
    let [kept, removed] = ["", "[retention]\nweeks = 56\n"].map(|settings| {
        let dir = Workdir::new();
        dir.write("recoup.toml", format!("{settings}[import]\naccept_unchanged = true\n"));
        let first = chrono::NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
        for number in (0..86_u64).step_by(2) {
            let day = (first + chrono::Days::new(7 * number)).to_string();
            // It is behind in February and March, and repaid in June.
            let days = if (6..12).contains(&number) { 31 + 7 * (number - 6) } else { 0 };
            let slow = format!("SLOW,Ann,9000,100,90,{},{days},", 5000 - 100 * number.min(5) - 100 * (number / 12));
            let stays = format!("STAYS,Bea,90000,100,900,{},{},", 80_000 - 100 * number, number % 2);
            let lines = if number < 23 { vec![slow.as_str(), &stays] } else { vec![stays.as_str()] };
            week(&dir, number as usize / 2, &day, &lines);
        }
        dir
    });
    let sums = |dir: &Workdir| rows(&dir.db(), "month, loans, caught_up, cured, redefaulted", "cures order by month");
    assert_eq!(sums(&kept), ["2026-02|1|1|0|0"]);
    assert_eq!(sums(&removed), sums(&kept));
    let gone = "select count(*) from loan_register where loan_id = 'SLOW'";
    assert_eq!([&kept, &removed].map(|dir| value::<i64>(&dir.db(), gone)), [1, 0]);
}
