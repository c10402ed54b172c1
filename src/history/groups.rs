//! The live loans by branch, officer and product, and which groups differ from the rest of the book by more than chance.

use rusqlite::Connection;

use super::LEAST_FOR_AN_INTERVAL;
use crate::chance::{Chance, Count};
use crate::error::Result;
use crate::risk::evaluate::interval::{Z_95, wilson_of};

/// A column with more values names loans or borrowers, not groups.
const MOST_GROUPS: i64 = 200;

/// Weekly files show mostly the same loans again, and each is another chance to be called worse. An interval 1.55 times as wide
/// holds over 104 weekly looks: its ends are passed by chance once in 420 times, a twentieth of 5 %.
const LOOKS: usize = 20;

struct Group {
    position: i64,
    dimension: String,
    /// Loans over 30 days past due, of the live ones.
    late: Count,
}

pub fn store(connection: &Connection, run_id: i64, chance: &Chance) -> Result<()> {
    connection.execute(include_str!("groups.sql"), (run_id, MOST_GROUPS))?;
    let query = "select position, dimension, par30_loans, live_loans
        from group_summaries
        where run_id = ?1 and live_loans > 0
        order by position";
    let mut statement = connection.prepare(query)?;
    let rows = statement.query_map([run_id], |row| {
        Ok(Group {
            position: row.get("position")?,
            dimension: row.get("dimension")?,
            late: Count::new(row.get("par30_loans")?, row.get("live_loans")?),
        })
    })?;
    let groups: Vec<Group> = rows.collect::<rusqlite::Result<_>>()?;
    let mut update = connection.prepare(
        "update group_summaries
         set lower_95 = ?3, upper_95 = ?4, verdict = ?5
         where run_id = ?1 and position = ?2",
    )?;
    for of_dimension in groups.chunk_by(|one, other| one.dimension == other.dimension) {
        let lates: Vec<Count> = of_dimension.iter().map(|group| group.late).collect();
        for (group, verdict) in of_dimension.iter().zip(verdicts(&lates, chance)) {
            if has_enough(group.late) {
                let loans = group.late.of as f64 * chance.independent_share();
                let interval = wilson_of(group.late.share(), loans, Z_95);
                update.execute((run_id, group.position, interval.lower, interval.upper, verdict))?;
            }
        }
    }
    Ok(())
}

fn has_enough(group: Count) -> bool {
    group.of >= LEAST_FOR_AN_INTERVAL as u64
}

/// Each group beside all others together; `None` where either has too few loans. The level is divided by the number of
/// comparisons (Bonferroni), of which two groups give one, and by the looks.
fn verdicts(groups: &[Count], chance: &Chance) -> Vec<Option<&'static str>> {
    let all = groups
        .iter()
        .fold(Count::default(), |sum, group| Count { having: sum.having + group.having, of: sum.of + group.of });
    let rest = |group: Count| Count { having: all.having - group.having, of: all.of - group.of };
    let is_compared = |group: Count| has_enough(group) && has_enough(rest(group));
    let comparisons = match groups.len() {
        2 => 1,
        _ => groups.iter().filter(|group| is_compared(**group)).count(),
    };
    let verdict = |group: &Count| {
        is_compared(*group).then(|| match chance.differ(*group, rest(*group), comparisons * LOOKS) {
            true if group.share() > rest(*group).share() => "worse",
            true => "better",
            false => "within chance",
        })
    };
    groups.iter().map(verdict).collect()
}

#[cfg(test)]
mod tests {
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::{RngCore, SeedableRng};

    use super::*;

    fn verdicts_of(groups: &[(i64, i64)]) -> Vec<Option<&'static str>> {
        let groups: Vec<Count> = groups.iter().map(|(late, loans)| Count::new(*late, *loans)).collect();
        verdicts(&groups, &Chance::of_single_loans())
    }

    #[test]
    fn a_group_is_worse_only_beyond_chance_and_with_loans_enough() {
        // 60 % beside 20 %: p = 0.0001; 40 % beside 20 %: p = 0.049, which one look in twenty gives.
        assert_eq!(verdicts_of(&[(30, 50), (10, 50)]), [Some("worse"), Some("better")]);
        assert_eq!(verdicts_of(&[(20, 50), (10, 50)]), [Some("within chance"); 2]);
        // All of 19 loans are late, which is too few to tell.
        assert_eq!(verdicts_of(&[(19, 19), (5, 50), (5, 50)])[0], None);
        assert_eq!(verdicts_of(&[(30, 50), (0, 19)]), [None; 2]);
        assert_eq!(verdicts_of(&[(30, 50)]), [None]);
        assert!(verdicts_of(&[]).is_empty());
    }

    #[test]
    fn one_of_many_groups_has_to_differ_by_more() {
        assert_eq!(verdicts_of(&[(23, 40), (60, 200)])[0], Some("worse"));
        let of_six = verdicts_of(&[(23, 40), (12, 40), (12, 40), (12, 40), (12, 40), (12, 40)]);
        assert_eq!(of_six, [Some("within chance"); 6]);
    }

    const LENDERS: u64 = 100;

    /// How many lenders have a group that is called worse in any week of a year. A loan is late with probability 0.2, in the
    /// first group with `first`, and stays as it is for six weeks on average.
    fn alarmed_in_a_year(first: f64) -> usize {
        let sizes = [100, 60, 120, 25, 80, 40];
        let is_alarmed = |seed: &u64| {
            let mut random = Xoshiro256PlusPlus::seed_from_u64(*seed);
            let mut chance_of = |probability: f64| (random.next_u64() as f64) < probability * u64::MAX as f64;
            let shares = sizes.map(|size| if size == sizes[0] { first } else { 0.2 });
            let mut late: Vec<Vec<bool>> =
                sizes.iter().zip(shares).map(|(size, share)| (0..*size).map(|_| chance_of(share)).collect()).collect();
            (0..52).any(|_| {
                for (loans, share) in late.iter_mut().zip(shares) {
                    for is_late in loans {
                        if chance_of(1.0 / 6.0) {
                            *is_late = chance_of(share);
                        }
                    }
                }
                let counts: Vec<(i64, i64)> = late
                    .iter()
                    .map(|loans| (loans.iter().filter(|is_late| **is_late).count() as i64, loans.len() as i64))
                    .collect();
                verdicts_of(&counts).contains(&Some("worse"))
            })
        };
        (0..LENDERS).filter(is_alarmed).count()
    }

    #[test]
    fn equal_groups_raise_an_alarm_in_one_year_of_twenty_at_most_and_a_bad_one_is_found() {
        let (equal, bad) = (alarmed_in_a_year(0.2), alarmed_in_a_year(0.45));
        assert!(equal <= 5 && bad >= 95, "{equal} {bad}");
    }
}
