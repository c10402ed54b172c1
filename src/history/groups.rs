//! The live loans by branch, officer and product, and which groups differ from the rest of the book by more than chance.

use rusqlite::Connection;

use super::LEAST_FOR_AN_INTERVAL;
use crate::chance::{Chance, Count};
use crate::error::Result;
use crate::risk::evaluate::interval::{Z_95, wilson_of};

/// A column with more values names loans or borrowers, not groups.
const MOST_GROUPS: i64 = 200;

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
/// comparisons (Bonferroni); of two groups, there is one.
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
        is_compared(*group).then(|| match chance.differ(*group, rest(*group), comparisons) {
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
        assert_eq!(verdicts_of(&[(20, 50), (10, 50)]), [Some("worse"), Some("better")]);
        assert_eq!(verdicts_of(&[(15, 50), (10, 50)]), [Some("within chance"); 2]);
        // All of 19 loans are late, which is too few to tell.
        assert_eq!(verdicts_of(&[(19, 19), (5, 50), (5, 50)])[0], None);
        assert_eq!(verdicts_of(&[(30, 50), (0, 19)]), [None; 2]);
        assert_eq!(verdicts_of(&[(30, 50)]), [None]);
        assert!(verdicts_of(&[]).is_empty());
    }

    #[test]
    fn one_of_many_groups_has_to_differ_by_more() {
        // 18 of 40 beside 60 of 200: p = 0.068; 20 of 40: p = 0.017.
        assert_eq!(verdicts_of(&[(20, 40), (60, 200)])[0], Some("worse"));
        assert_eq!(
            verdicts_of(&[(20, 40), (12, 40), (12, 40), (12, 40), (12, 40), (12, 40)]),
            [Some("within chance"); 6]
        );
    }

    #[test]
    fn equal_groups_are_called_worse_in_one_book_of_twenty_at_most() {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(7);
        let mut draw = |loans: i64| (0..loans).filter(|_| random.next_u64() % 5 == 0).count() as i64;
        let books = 1_000;
        let alarms = (0..books)
            .filter(|_| {
                let groups: Vec<_> = [300, 60, 120, 25, 200, 80, 40, 150].map(|loans| (draw(loans), loans)).to_vec();
                verdicts_of(&groups).contains(&Some("worse"))
            })
            .count();
        assert!((1..=50).contains(&alarms), "{alarms}");
    }
}
