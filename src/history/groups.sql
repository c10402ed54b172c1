-- The live loans of run ?1 by branch, officer and product, and the month up to
-- it. A column without a value is no dimension, and neither is one with more than
-- ?2 values, such as an id. What moved in the month is null without a month
-- before, or where the file had no such column at its start.
insert into group_summaries (
    run_id, position, dimension, group_name, start_run_id, live_loans,
    par30_loans, par90_loans, outstanding_minor, par30_minor, par90_minor,
    opening_minor, forward_minor, cash_minor
)
with dimensions (position, dimension) as materialized (
    select
        possible.column1,
        possible.column2
    from (values (1, 'branch'), (2, 'officer'), (3, 'product')) as possible
    join input_columns as given
        on given.run_id = ?1
        and lower(given.standard_name) = possible.column2
),

live_now as (
    select
        dimensions.position,
        dimensions.dimension,
        case dimensions.dimension
            when 'branch' then loans.branch
            when 'officer' then loans.officer
            when 'product' then loans.product
        end as group_name,
        loans.outstanding_minor,
        loans.days_past_due
    from dimensions
    cross join stg_loans as loans
    where loans.run_id = ?1
        and loans.is_live
),

at_start as (
    select
        dimensions.position,
        dimensions.dimension,
        case dimensions.dimension
            when 'branch' then moves.branch
            when 'officer' then moves.officer
            when 'product' then moves.product
        end as group_name,
        moves.start_run_id,
        moves.opening_minor,
        iif(
            moves.state_to in ('written_off', 'partially_recovered')
            or (
                length(moves.state_to) = 1
                and moves.state_to > moves.state_from
            ),
            moves.opening_minor,
            0
        ) as forward_minor,
        moves.cash_minor
    from temp.month_moves as moves
    cross join dimensions
    where moves.state_from not in ('new', 'returned')
),

of_groups as (
    select
        position,
        dimension,
        group_name,
        null as start_run_id,
        count(*) as live_loans,
        count(*) filter (where days_past_due > 30) as par30_loans,
        count(*) filter (where days_past_due > 90) as par90_loans,
        sum(outstanding_minor) as outstanding_minor,
        sum(iif(days_past_due > 30, outstanding_minor, 0)) as par30_minor,
        sum(iif(days_past_due > 90, outstanding_minor, 0)) as par90_minor,
        0 as opening_minor,
        0 as forward_minor,
        0.0 as cash_minor
    from live_now
    group by position, dimension, group_name
    union all
    select
        position,
        dimension,
        group_name,
        min(start_run_id),
        0,
        0,
        0,
        0,
        0,
        0,
        sum(opening_minor),
        sum(forward_minor),
        sum(cash_minor)
    from at_start
    group by position, dimension, group_name
),

kept as (
    select
        dimension,
        min(start_run_id) filter (where group_name is not null) as start_run_id
    from of_groups
    group by dimension
    having count(group_name) filter (where live_loans > 0) > 0
        and count(distinct group_name) <= ?2
)

select
    ?1,
    row_number() over (order by of_groups.position, of_groups.group_name),
    of_groups.dimension,
    of_groups.group_name,
    kept.start_run_id,
    sum(of_groups.live_loans),
    sum(of_groups.par30_loans),
    sum(of_groups.par90_loans),
    sum(of_groups.outstanding_minor),
    sum(of_groups.par30_minor),
    sum(of_groups.par90_minor),
    iif(kept.start_run_id is null, null, sum(of_groups.opening_minor)),
    iif(kept.start_run_id is null, null, sum(of_groups.forward_minor)),
    iif(
        kept.start_run_id is null,
        null,
        cast(round(sum(of_groups.cash_minor)) as integer)
    )
from of_groups
join kept using (dimension)
group by of_groups.position, of_groups.dimension, of_groups.group_name
having sum(of_groups.live_loans) > 0
    or kept.start_run_id is not null
