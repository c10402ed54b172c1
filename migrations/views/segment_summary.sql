-- Grain: one row a segment of the shown run. Averages leave missing values out.
create view segment_summary as
select
    decided.segment_position as position,
    decided.segment,
    count(*) as loans,
    sum(loans.outstanding_minor) * 1.0 / max(loans.currency_scale)
        as outstanding,
    avg(loans.monthly_income_minor) / max(loans.currency_scale)
        as average_income,
    avg(loans.loan_amount_minor) / max(loans.currency_scale)
        as average_loan_amount,
    avg(ratios.burden) as average_burden,
    avg(loans.missed_payments) as average_missed_payments,
    avg(loans.days_past_due) as average_days_past_due,
    avg(targets.is_not_recovered) as share_not_recovered,
    avg(decided.risk_score) as average_risk_score
from stg_loans as loans
join int_loans_decided as decided using (snapshot_id)
join int_loan_ratios_computed as ratios using (snapshot_id)
join loan_targets as targets using (snapshot_id)
group by decided.segment_position, decided.segment;
