-- Grain: one row an alert and a loan that it speaks of; a loan may be in several.
-- All but those that are gone are live; what a loan owed when it was last seen
-- counts for one that is gone. The first run calls every loan over 30 days late,
-- later ones say who passed 30 days since. Only days past due and balances are
-- needed for most, so that a file of three columns has alerts too.
create view alert_loans_by_run as
with ranked as (
    select
        run_id,
        loan_id,
        borrower_id,
        outstanding,
        days_past_due,
        row_number() over (
            partition by run_id
            order by outstanding desc, loan_id
        ) as place,
        count(*) over by_run as live_loans,
        sum(outstanding) over by_run as all_outstanding
    from int_live_loans
    window by_run as (partition by run_id)
),

largest as (
    select
        *,
        sum(outstanding) over (partition by run_id) as largest_outstanding
    from ranked
    where place <= 10
)

select
    run_id,
    'passed_90' as alert,
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from loan_movements_by_run
where movement = 'worse'
    and is_live
    and days_past_due > 90
    and days_past_due_before <= 90
union all
select
    run_id,
    'passed_30',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from loan_movements_by_run
where movement = 'worse'
    and is_live
    and days_past_due between 31 and 90
    and days_past_due_before <= 30
union all
select
    run_id,
    'fell_behind',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from loan_movements_by_run
where movement = 'worse'
    and is_live
    and was_live
    and days_past_due between 1 and 30
union all
select
    run_id,
    'over_90',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from int_live_loans
where days_past_due > 90
union all
select
    loans.run_id,
    'over_30',
    loans.loan_id,
    loans.borrower_id,
    loans.outstanding,
    loans.days_past_due
from int_live_loans as loans
join compared_runs using (run_id)
left join runs as earlier on earlier.run_id = compared_runs.compared_run_id
where loans.days_past_due between 31 and 90
    and earlier.first_snapshot_id is null
union all
select
    run_id,
    'new_and_late',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from loan_movements_by_run
where movement = 'new'
    and is_live
    and days_past_due > 30
union all
select
    run_id,
    'gone',
    loan_id,
    borrower_id,
    outstanding_before,
    days_past_due_before
from loan_movements_by_run
where movement = 'gone'
    and was_live
union all
select
    run_id,
    'untouched',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from int_live_loans
where days_past_due > 30
    and collection_attempts = 0
union all
select
    run_id,
    'awaiting_approval',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from int_live_loans
where is_approval_needed
union all
select
    run_id,
    'early_warning',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from int_live_loans
where is_high_risk
    and days_past_due <= 30
union all
select
    run_id,
    'secured',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from int_live_loans
where is_high_risk
    and coverage >= 1
union all
select
    run_id,
    'overburdened',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from int_live_loans
where days_past_due between 1 and 90
    and burden > 0.5
union all
select
    run_id,
    'largest',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from largest
where live_loans >= 50
    and largest_outstanding >= 0.2 * all_outstanding;
