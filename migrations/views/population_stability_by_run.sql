-- Grain: one row for the score in use of a run (risk_score) and each feature:
-- how much open loans still to be collected differ in it from loans with an
-- outcome, of which models learn. By custom an index under 0.10 is stable, to
-- 0.25 some shift, over that a large one; chance alone exceeds by_chance in any
-- of them once in 20 times. Null where either are fewer than 50. Of large
-- books, 20,000 loans of either kind are looked at.
create view population_stability_by_run as
select
    shifts.run_id,
    shifts.position,
    shifts.subject,
    shifts.verdict,
    shifts.loans_with_outcome,
    shifts.open_loans,
    shifts.bins,
    shifts.index_value as stability_index,
    shifts.by_chance,
    shifts.index_value <= shifts.by_chance as is_within_chance
from population_shifts as shifts;
