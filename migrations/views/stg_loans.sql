-- Grain: one row per run and loan. Money is still in minor units. The loans of
-- a run are a range of the table, which a condition on run_id reaches: the
-- cross join keeps SQLite from going through the loans of all runs first. Every
-- loan has its details; they are a left join because SQLite leaves that out
-- where nothing of it is read.
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
    details.gender,
    details.employment_type,
    details.loan_type,
    details.payment_history,
    details.recovery_status,
    loans.outcome,
    details.collection_method,
    details.legal_action_taken,
    details.branch,
    details.officer,
    details.product,
    details.extra,
    details.age_years,
    details.dependents,
    details.monthly_income_minor,
    details.loan_amount_minor,
    details.tenure_months,
    details.interest_rate_percent,
    details.collateral_value_minor,
    loans.outstanding_minor,
    loans.overpaid_minor,
    details.monthly_emi_minor,
    loans.missed_payments,
    loans.days_past_due,
    loans.collection_attempts,
    details.disbursed_on,
    details.maturity_date,
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
        between runs.first_snapshot_id and runs.last_snapshot_id
left join loan_details as details
    on details.loan_key = loans.loan_key
    and details.details_number = loans.details_number;
