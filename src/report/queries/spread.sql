-- A quantile is the smallest value that at least that share of loans do not exceed.
-- A book of over 20,000 loans is read every so many-th line of the file.
with steps as (
    select max(1, (count(*) + 19999) / 20000) as step
    from loans
),

sampled as materialized (
    select
        loans.outcome,
        loans.missed_payments,
        loans.monthly_income,
        loans.loan_amount
    from steps
    cross join loans
    where loans.file_line % steps.step = 0
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
            as place,
        count(*) over (partition by measure, outcome) as loans
    from measured
    where value is not null
)

select
    measure,
    outcome,
    max(loans) as loans,
    min(value) filter (where place >= loans * 0.05) as p5,
    min(value) filter (where place >= loans * 0.25) as p25,
    min(value) filter (where place >= loans * 0.5) as p50,
    min(value) filter (where place >= loans * 0.75) as p75,
    min(value) filter (where place >= loans * 0.95) as p95,
    (select step from steps) as step
from ranked
group by measure, outcome;
