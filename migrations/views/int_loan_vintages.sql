-- Grain: one row per run and loan, with the month in which the loan was
-- disbursed and the calendar months since. Where the file does not say when, it
-- is the tenure before the maturity; without these, both are null.
create view int_loan_vintages as
with dated as (
    select
        loans.run_id,
        loans.snapshot_id,
        loans.loan_key,
        coalesce(
            substr(loans.disbursed_on, 1, 7),
            iif(
                loans.maturity_date is null,
                null,
                strftime(
                    '%Y-%m',
                    loans.maturity_date,
                    'start of month',
                    (-loans.tenure_months) || ' months'
                )
            )
        ) as vintage,
        substr(runs.as_of_date, 1, 7) as month,
        loans.loan_amount_minor,
        loans.outstanding_minor,
        loans.days_past_due,
        loans.is_live
    from stg_loans as loans
    join runs using (run_id)
)

select
    run_id,
    snapshot_id,
    loan_key,
    vintage,
    month,
    loan_amount_minor,
    outstanding_minor,
    days_past_due,
    (substr(month, 1, 4) - substr(vintage, 1, 4)) * 12
    + substr(month, 6, 2) - substr(vintage, 6, 2) as months_on_book,
    is_live
from dated;
