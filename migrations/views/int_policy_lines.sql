-- Grain: one row per run, measure of its scorecard and stretch of values: from
-- lower_bound on and under upper_bound the points are points + slope x (value -
-- lower_bound). A missing value is looked up as -1, which no value is.
create view int_policy_lines as
with bounded as (
    select
        run_id,
        measure,
        lower_bound,
        lead(lower_bound) over by_bound as next_bound,
        points,
        next_points
    from policy_points
    window by_bound as (
        partition by run_id, measure, lower_bound is null
        order by lower_bound
    )
)

select
    run_id,
    measure,
    coalesce(lower_bound, -1.0) as lower_bound,
    case
        when lower_bound is null then 0.0
        else coalesce(next_bound, 9e999)
    end as upper_bound,
    points,
    coalesce((next_points - points) / (next_bound - lower_bound), 0.0) as slope
from bounded;
