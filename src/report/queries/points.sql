-- Every loan of a small book; of a large one, those whose id, its last five
-- characters taken as a number, is divisible by the step: as good as a random
-- sample, and the same for any order of the file.
with steps as (
    select
        count(*) as loans,
        max(1, (count(*) + 299) / 300) as step,
        avg(loan_amount) as average_amount,
        avg(monthly_income) as average_income
    from loans_by_run
    where run_id = ?1
        and loan_amount is not null
        and monthly_income is not null
),

numbered as (
    select
        loan_id,
        loan_amount,
        monthly_income,
        iif(is_not_recovered is null, 'none', outcome) as outcome,
        segment,
        unicode(substr(loan_id, -1, 1))
            + 10 * coalesce(unicode(substr(loan_id, -2, 1)), 0)
            + 100 * coalesce(unicode(substr(loan_id, -3, 1)), 0)
            + 1000 * coalesce(unicode(substr(loan_id, -4, 1)), 0)
            + 10000 * coalesce(unicode(substr(loan_id, -5, 1)), 0)
            as number
    from loans_by_run
    where run_id = ?1
        and loan_amount is not null
        and monthly_income is not null
)

select
    steps.loans as loans_in_all,
    steps.average_amount,
    steps.average_income,
    numbered.loan_amount,
    numbered.monthly_income,
    numbered.outcome,
    numbered.segment
from steps
cross join numbered
where numbered.number % steps.step = 0
order by numbered.loan_id
limit 450;
