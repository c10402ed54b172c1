-- Grain: one row a loan of the shown run, with its ratios, segment, score and
-- rule; the score is null where the run had no outcomes to learn from.
-- The public views about loans read this alone, so that a reader of several
-- of them can copy it once.
create view int_loans_decided as
select
    loans.*,
    segments.name as segment,
    segments.position as segment_position,
    rules.strategy,
    rules.band as risk_band,
    rules.position as strategy_position,
    scores.risk_score,
    scores.is_high_risk,
    scores.is_out_of_bag,
    rules.is_approval_needed
from int_loan_ratios_computed as loans
left join loan_segments using (snapshot_id)
left join segments using (segment_id)
left join scores using (snapshot_id)
left join actions using (snapshot_id)
left join strategy_rules as rules using (rule_id);
