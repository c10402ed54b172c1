-- Bars of one round width (1, 2 or 5 times a power of ten), at most about 25.
-- The last bar takes every amount from four times the average up.
with recursive sizes as (
    select
        min(max(loan_amount), 4 * avg(loan_amount)) as top,
        max(loan_amount) as largest_amount
    from loans_by_run
    where run_id = ?1
),

widths (mantissa, power) as (
    select 1, 1.0
    union all
    select
        case mantissa when 1 then 2 when 2 then 5 else 1 end,
        case mantissa when 5 then power * 10 else power end
    from widths
    cross join sizes
    where mantissa * power * 24 < top
),

bars as (
    select
        max(mantissa * power) as width,
        cast(max(top) / max(mantissa * power) as integer) as last_bar,
        max(largest_amount) as largest_amount
    from widths
    cross join sizes
)

select
    min(cast(loan_amount / width as integer), last_bar) as bar,
    width,
    largest_amount,
    count(*) as loans
from bars
cross join loans_by_run
where run_id = ?1
    and loan_amount is not null
group by 1
order by 1;
