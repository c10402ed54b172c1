-- Same columns as int_loans_decided, the ones that are read often first.
create temp table report_book (
    snapshot_id integer primary key,
    line integer,
    monthly_income_minor integer,
    loan_amount_minor integer,
    collateral_value_minor integer,
    outstanding_minor integer,
    overpaid_minor integer,
    monthly_emi_minor integer,
    currency_scale integer,
    missed_payments integer,
    days_past_due integer,
    burden real,
    coverage real,
    share_owed real,
    dpd_bucket integer,
    is_not_recovered integer,
    risk_score real,
    is_high_risk integer,
    is_out_of_sample integer,
    is_approval_needed integer,
    is_on_worklist integer,
    is_live integer,
    segment_position integer,
    strategy_position integer,
    known_outcome text,
    loan_id text,
    borrower_id text,
    payment_history text,
    segment text,
    strategy text,
    recovery_status text,
    risk_band text,
    gender text,
    employment_type text,
    loan_type text,
    collection_method text,
    legal_action_taken text,
    extra text,
    age_years integer,
    dependents integer,
    tenure_months integer,
    interest_rate_percent real,
    collection_attempts integer,
    score_source text,
    policy_score real,
    logistic_score real,
    boosting_score real,
    forest_score real,
    balance_at_risk_minor real
);

insert into report_book (
    snapshot_id, monthly_income_minor, loan_amount_minor, outstanding_minor,
    currency_scale, missed_payments, days_past_due, burden, coverage,
    collection_attempts, is_not_recovered, risk_score, is_high_risk,
    is_approval_needed, is_on_worklist, is_live,
    segment_position, strategy_position, line, known_outcome, loan_id,
    borrower_id, payment_history, segment, strategy, balance_at_risk_minor
)
select
    snapshot_id, monthly_income_minor, loan_amount_minor, outstanding_minor,
    currency_scale, missed_payments, days_past_due, burden, coverage,
    collection_attempts, is_not_recovered, risk_score, is_high_risk,
    is_approval_needed, is_on_worklist, is_live,
    segment_position, strategy_position, line, known_outcome, loan_id,
    borrower_id, payment_history, segment, strategy, balance_at_risk_minor
from int_loans_decided
order by snapshot_id;

create temp table report_movements as select * from loan_movements;
