-- Grain: one row an alert and a loan that it speaks of; a loan may be in several.
-- All but those that are gone are live; what a loan owed when it was last seen
-- counts for one that is gone. The first run calls every loan over 30 days late,
-- later ones say who passed 30 days since. Only days past due and balances are
-- needed for most, so that a file of three columns has alerts too.
create view alert_loans as
with to_collect as (
    select
        loan_id,
        borrower_id,
        outstanding_minor * 1.0 / currency_scale as outstanding,
        days_past_due,
        collection_attempts,
        burden,
        coverage,
        is_high_risk,
        is_approval_needed
    from int_loans_decided
    where is_live
),

largest as (
    select *
    from to_collect
    order by outstanding desc, loan_id
    limit 10
)

select
    'passed_90' as alert,
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from loan_movements
where movement = 'worse'
    and is_live
    and days_past_due > 90
    and days_past_due_before <= 90
union all
select
    'passed_30',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from loan_movements
where movement = 'worse'
    and is_live
    and days_past_due between 31 and 90
    and days_past_due_before <= 30
union all
select
    'fell_behind',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from loan_movements
where movement = 'worse'
    and is_live
    and was_live
    and days_past_due between 1 and 30
union all
select
    'over_90',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from to_collect
where days_past_due > 90
union all
select
    'over_30',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from to_collect
where days_past_due between 31 and 90
    and not exists (
        select 1
        from compared_run
        where loans_removed_at is null
    )
union all
select
    'new_and_late',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from loan_movements
where movement = 'new'
    and is_live
    and days_past_due > 30
union all
select
    'gone',
    loan_id,
    borrower_id,
    outstanding_before,
    days_past_due_before
from loan_movements
where movement = 'gone'
    and was_live
union all
select
    'untouched',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from to_collect
where days_past_due > 30
    and collection_attempts = 0
union all
select
    'awaiting_approval',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from to_collect
where is_approval_needed
union all
select
    'early_warning',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from to_collect
where is_high_risk
    and days_past_due <= 30
union all
select
    'secured',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from to_collect
where is_high_risk
    and coverage >= 1
union all
select
    'overburdened',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from to_collect
where days_past_due between 1 and 90
    and burden > 0.5
union all
select
    'largest',
    loan_id,
    borrower_id,
    outstanding,
    days_past_due
from largest
where (select count(*) from to_collect) >= 50
    and (select sum(outstanding) from largest)
        >= 0.2 * (select sum(outstanding) from to_collect);
