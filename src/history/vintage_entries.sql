-- The loans of run ?1 that enter the curves of their month of disbursal: by the
-- month after it, and once. Without a date, a loan was disbursed in the month
-- in which the file first has it, if the file before is at most a month old and
-- the loan is hardly paid back yet.
insert into vintage_events (run_id, loan_key, event, vintage, original_minor)
with panel as materialized (
    select panel_run_id as run_id
    from panel_of_run
    where run_id = ?1
),

before as materialized (
    select compared_runs.compared_run_id
    from compared_runs
    join runs using (run_id)
    join runs as earlier on earlier.run_id = compared_runs.compared_run_id
    where compared_runs.run_id = ?1
        and date(earlier.as_of_date, '31 days') >= runs.as_of_date
),

dated as materialized (
    select distinct run_id
    from input_columns
    where run_id = ?1
        and standard_name in ('Disbursed_On', 'Maturity_Date')
),

young as (
    select
        loans.loan_key,
        loans.vintage,
        loans.loan_amount_minor
    from dated
    cross join int_loan_vintages as loans on loans.run_id = dated.run_id
    where loans.months_on_book between 0 and 1
    union all
    select
        loans.loan_key,
        loans.month,
        loans.loan_amount_minor
    from before
    cross join int_loan_vintages as loans
    where loans.run_id = ?1
        and loans.vintage is null
        and loans.is_live
        and coalesce(
            loans.outstanding_minor >= 0.9 * loans.loan_amount_minor, 1
        )
        and not exists (
            select 1
            from loan_snapshots as earlier
            where earlier.loan_key = loans.loan_key
                and earlier.run_id = before.compared_run_id
        )
        and not exists (
            select 1
            from loan_snapshots as earlier
            join panel using (run_id)
            where earlier.loan_key = loans.loan_key
                and earlier.run_id <> ?1
        )
)

select
    ?1,
    young.loan_key,
    'entered',
    young.vintage,
    young.loan_amount_minor
from young
where not exists (
    select 1
    from vintage_events as events
    join panel using (run_id)
    where events.loan_key = young.loan_key
        and events.event = 'entered'
)
