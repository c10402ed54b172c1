-- Grain: one row per as-of date and currency that has a complete run: the last
-- of its runs counts.
create view panel_dates as
select
    run_id,
    as_of_date,
    currency_code,
    currency_scale,
    place,
    loans_loaded,
    first_snapshot_id is not null as has_loans,
    cast(
        julianday(as_of_date)
        - julianday(
            lag(as_of_date) over (
                partition by currency_code, currency_scale
                order by as_of_date
            )
        ) as integer
    ) as days_since_before
from (
    select
        *,
        row_number() over (
            partition by as_of_date, currency_code, currency_scale
            order by place desc
        ) as nth_of_day
    from runs
    where status = 'complete'
)
where nth_of_day = 1;
