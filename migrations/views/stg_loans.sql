-- Grain: one row per run and loan. Money is still in minor units. The loans of
-- a run are a range of the table, which a condition on run_id reaches: the
-- cross join keeps SQLite from going through the loans of all runs first.
create view stg_loans as
select
    runs.run_id,
    loans.snapshot_id,
    loans.loan_key,
    loans.line,
    (
        select register.loan_id
        from loan_register as register
        where register.loan_key = loans.loan_key
    ) as loan_id,
    (
        select
            case when register.is_borrower_changed
                    and exists (
                        select 1
                        from former_borrowers as former
                        where former.loan_key = loans.loan_key
                            and former.before_run_id > loans.run_id
                    )
                then (
                    select former.borrower_id
                    from former_borrowers as former
                    where former.loan_key = loans.loan_key
                        and former.before_run_id > loans.run_id
                    order by former.before_run_id
                    limit 1
                )
                else register.borrower_id
            end
        from loan_register as register
        where register.loan_key = loans.loan_key
    ) as borrower_id,
    loans.gender,
    loans.employment_type,
    loans.loan_type,
    loans.payment_history,
    loans.recovery_status,
    loans.outcome,
    loans.collection_method,
    loans.legal_action_taken,
    loans.extra,
    loans.age_years,
    loans.dependents,
    loans.monthly_income_minor,
    loans.loan_amount_minor,
    loans.tenure_months,
    loans.interest_rate_percent,
    loans.collateral_value_minor,
    loans.outstanding_minor,
    loans.overpaid_minor,
    loans.monthly_emi_minor,
    loans.missed_payments,
    loans.days_past_due,
    loans.collection_attempts,
    runs.currency_scale,
    runs.score_source,
    case
        when loans.outcome is not null then loans.outcome
        when loans.is_closed then 'refinanced'
        else 'outstanding'
    end as known_outcome,
    case loans.outcome
        when 'fully_recovered' then 0
        when 'partially_recovered' then 1
        when 'written_off' then 1
    end as is_not_recovered,
    loans.is_live
from runs
cross join loan_snapshots as loans
    on loans.snapshot_id
        between runs.first_snapshot_id and runs.last_snapshot_id;
