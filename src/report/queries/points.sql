-- Every loan of a small book; of a large one, those whose id, its last five
-- characters taken as a number, divides by the step: the choice does not depend
-- on the order of the file.
with known as materialized (
    select
        loan_id,
        substr(loan_id, -5) as tail,
        loan_amount,
        monthly_income,
        iif(is_not_recovered is null, 'none', outcome) as outcome,
        segment
    from loans_by_run
    where run_id = ?1
        and loan_amount is not null
        and monthly_income is not null
),

steps as (
    select
        count(*) as loans,
        max(1, (count(*) + 299) / 300) as step,
        avg(loan_amount) as average_amount,
        avg(monthly_income) as average_income
    from known
)

select
    steps.loans as loans_in_all,
    steps.average_amount,
    steps.average_income,
    known.loan_amount,
    known.monthly_income,
    known.outcome,
    known.segment
from steps
cross join known
where (
    unicode(substr(known.tail, -1, 1))
    + 10 * coalesce(unicode(substr(known.tail, -2, 1)), 0)
    + 100 * coalesce(unicode(substr(known.tail, -3, 1)), 0)
    + 1000 * coalesce(unicode(substr(known.tail, -4, 1)), 0)
    + 10000 * coalesce(unicode(substr(known.tail, -5, 1)), 0)
) % steps.step = 0
order by known.loan_id
limit 450;
