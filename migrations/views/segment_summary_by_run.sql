-- Grain: one row per complete run and segment, on the day of the run. Averages
-- are of all its loans and leave missing values out; outstanding is the balance
-- of the live ones. segment_before is what the segment was called in the compared
-- run; null where it is new.
create view segment_summary_by_run as
select
    runs.run_id,
    runs.as_of_date,
    sums.position,
    segments.name as segment,
    segments.name_before as segment_before,
    sums.loans,
    sums.loans_with_outcome,
    sums.loans_not_recovered,
    sums.live_loans,
    sums.outstanding_minor * 1.0 / runs.currency_scale as outstanding,
    sums.average_income_minor / runs.currency_scale as average_income,
    sums.average_loan_amount_minor / runs.currency_scale
        as average_loan_amount,
    sums.average_burden,
    sums.average_missed_payments,
    sums.average_days_past_due,
    sums.loans_not_recovered * 1.0 / nullif(sums.loans_with_outcome, 0)
        as share_not_recovered,
    sums.average_risk_score
from runs
join segment_summaries as sums using (run_id)
join segments using (run_id, position);
