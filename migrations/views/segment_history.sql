-- Grain: one row a complete run and segment, as segment_summary showed it on
-- the day of the run; also of runs whose loans were removed since.
create view segment_history as
select
    runs.run_id,
    runs.as_of_date,
    sums.position,
    segments.name as segment,
    sums.loans,
    sums.outstanding_minor * 1.0 / runs.currency_scale as outstanding,
    sums.average_income_minor * 1.0 / runs.currency_scale as average_income,
    sums.average_loan_amount_minor * 1.0 / runs.currency_scale
        as average_loan_amount,
    sums.average_burden,
    sums.average_missed_payments,
    sums.average_days_past_due,
    sums.share_not_recovered,
    sums.average_risk_score
from runs
join segment_summaries as sums using (run_id)
left join segments using (run_id, position)
order by runs.run_id, sums.position;
