-- A quantile is the smallest value that at least that share of loans do not
-- exceed. Of a book of over 3,000 loans those are taken whose id, its last five
-- characters taken as a number, divides by the step.
with steps as (
    select max(1, (count(*) + 2999) / 3000) as step
    from loans
),

numbered as (
    select
        outcome,
        missed_payments,
        monthly_income,
        loan_amount,
        unicode(substr(loan_id, -1, 1))
            + 10 * coalesce(unicode(substr(loan_id, -2, 1)), 0)
            + 100 * coalesce(unicode(substr(loan_id, -3, 1)), 0)
            + 1000 * coalesce(unicode(substr(loan_id, -4, 1)), 0)
            + 10000 * coalesce(unicode(substr(loan_id, -5, 1)), 0)
            as number
    from loans
),

sampled as materialized (
    select
        numbered.outcome,
        numbered.missed_payments,
        numbered.monthly_income,
        numbered.loan_amount
    from steps
    cross join numbered
    where numbered.number % steps.step = 0
),

measured as (
    select 'missed_payments' as measure, outcome, missed_payments as value
    from sampled
    union all
    select 'monthly_income' as measure, outcome, monthly_income as value
    from sampled
    union all
    select 'loan_amount' as measure, outcome, loan_amount as value
    from sampled
),

ranked as (
    select
        measure,
        outcome,
        value,
        row_number() over (partition by measure, outcome order by value)
            as place
    from measured
    where value is not null
),

counted as (
    select measure, outcome, max(place) as loans
    from ranked
    group by measure, outcome
)

select
    measure,
    outcome,
    loans,
    min(value) filter (where place >= loans * 0.05) as p5,
    min(value) filter (where place >= loans * 0.25) as p25,
    min(value) filter (where place >= loans * 0.5) as p50,
    min(value) filter (where place >= loans * 0.75) as p75,
    min(value) filter (where place >= loans * 0.95) as p95,
    (select step from steps) as step
from ranked
join counted using (measure, outcome)
group by measure, outcome;
