-- Grain: one row a measure that the policy of the shown run gives points for:
-- its bands side by side, so that a loan is compared with them without a
-- search. A value from top_lower on gets points_top, one under upper_n, the
-- lowest first, points_n. Bands that the measure does not have are null.
create view int_policy_bands_pivoted as
with bands as (
    select
        measure,
        points,
        lower_bound,
        lead(lower_bound) over by_bound as upper_bound,
        row_number() over by_bound as band
    from policy_points
    where run_id = (select run_id from shown_run)
    window by_bound as (
        partition by measure, lower_bound is null
        order by lower_bound
    )
)

select
    measure,
    max(points) filter (where lower_bound is null) as points_missing,
    max(upper_bound) filter (where band = 1) as upper_1,
    max(points) filter (where band = 1 and upper_bound is not null)
        as points_1,
    max(upper_bound) filter (where band = 2) as upper_2,
    max(points) filter (where band = 2 and upper_bound is not null)
        as points_2,
    max(upper_bound) filter (where band = 3) as upper_3,
    max(points) filter (where band = 3 and upper_bound is not null)
        as points_3,
    max(upper_bound) filter (where band = 4) as upper_4,
    max(points) filter (where band = 4 and upper_bound is not null)
        as points_4,
    max(upper_bound) filter (where band = 5) as upper_5,
    max(points) filter (where band = 5 and upper_bound is not null)
        as points_5,
    max(upper_bound) filter (where band = 6) as upper_6,
    max(points) filter (where band = 6 and upper_bound is not null)
        as points_6,
    max(upper_bound) filter (where band = 7) as upper_7,
    max(points) filter (where band = 7 and upper_bound is not null)
        as points_7,
    max(lower_bound) as top_lower,
    max(points)
        filter (where lower_bound is not null and upper_bound is null)
        as points_top
from bands
group by measure;
