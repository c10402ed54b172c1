-- The median is the smallest score that at least half of the loans do not
-- exceed; it is looked for in the one bin that holds it.
with bins as materialized (
    select
        min(cast(risk_score * 20 as integer), 19) as bin,
        count(*) as loans,
        sum(is_live) as loans_to_collect,
        count(is_not_recovered) as loans_with_outcome,
        sum(is_not_recovered) as loans_not_recovered,
        sum(risk_score) filter (where is_not_recovered is not null)
            as sum_of_scores_with_outcome
    from loans_by_run
    where run_id = ?1
        and risk_score is not null
    group by 1
),

summed as (
    select
        bin,
        sum(loans) over (order by bin) - loans as loans_below,
        sum(loans) over () as all_loans
    from bins
),

middle as (
    select
        max(bin) as bin,
        (all_loans + 1) / 2 - max(loans_below) as place
    from summed
    where loans_below * 2 < all_loans
),

ranked as (
    select
        risk_score,
        row_number() over (order by risk_score) as place
    from loans_by_run
    where run_id = ?1
        and min(cast(risk_score * 20 as integer), 19) = (select bin from middle)
)

select
    bins.*,
    (
        select ranked.risk_score
        from ranked
        join middle using (place)
    ) as median_score
from bins
order by bin;
