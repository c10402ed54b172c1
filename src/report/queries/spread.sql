-- The values of every loan; quantiles are taken over all of them, by outcome. A
-- quantile is the smallest value that at least that share of loans do not exceed.
select
    iif(is_not_recovered is null, 'none', outcome) as outcome,
    missed_payments,
    monthly_income,
    loan_amount
from loans_by_run
where run_id = ?1;
