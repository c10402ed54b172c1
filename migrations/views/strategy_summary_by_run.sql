-- Grain: one row per complete run and strategy rule, with the live loans under
-- it on the day of the run; rules that no loan fell under are there with zero.
-- The worklist names the loans of the rules that are on it.
create view strategy_summary_by_run as
select
    runs.run_id,
    runs.as_of_date,
    sums.position,
    rules.strategy,
    rules.band as risk_band,
    rules.least_days_past_due,
    sums.loans,
    sums.outstanding_minor * 1.0 / runs.currency_scale as outstanding,
    sums.at_risk_minor * 1.0 / runs.currency_scale as balance_at_risk,
    rules.is_approval_needed,
    rules.is_on_worklist
from runs
join strategy_summaries as sums using (run_id)
join strategy_rules as rules using (run_id, position);
