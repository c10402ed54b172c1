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

-- By all three first, so that the loans are gone through once.
live_now as materialized (
    select
        loans.branch,
        loans.officer,
        loans.product,
        count(*) as live_loans,
        count(*) filter (where loans.days_past_due > 30) as par30_loans,
        count(*) filter (where loans.days_past_due > 90) as par90_loans,
        sum(loans.outstanding_minor) as outstanding_minor,
        sum(iif(loans.days_past_due > 30, loans.outstanding_minor, 0))
            as par30_minor,
        sum(iif(loans.days_past_due > 90, loans.outstanding_minor, 0))
            as par90_minor
    from (select count(*) as given from dimensions) as any_dimension
    cross join stg_loans as loans
    where any_dimension.given > 0
        and loans.run_id = ?1
        and loans.is_live
    group by loans.branch, loans.officer, loans.product
),

at_start as (
    select
        branch,
        officer,
        product,
        start_run_id,
        opening_minor,
        iif(
            state_to in ('written_off', 'partially_recovered')
            or (length(state_to) = 1 and state_to > state_from),
            opening_minor,
            0
        ) as forward_minor,
        cash_minor
    from temp.month_moves
    where state_from not in ('new', 'returned')
),

of_groups as (
    select
        dimensions.position,
        dimensions.dimension,
        case dimensions.dimension
            when 'branch' then live_now.branch
            when 'officer' then live_now.officer
            when 'product' then live_now.product
        end as group_name,
        null as start_run_id,
        live_now.live_loans,
        live_now.par30_loans,
        live_now.par90_loans,
        live_now.outstanding_minor,
        live_now.par30_minor,
        live_now.par90_minor,
        0 as opening_minor,
        0 as forward_minor,
        0.0 as cash_minor
    from live_now
    cross join dimensions
    union all
    select
        dimensions.position,
        dimensions.dimension,
        case dimensions.dimension
            when 'branch' then at_start.branch
            when 'officer' then at_start.officer
            when 'product' then at_start.product
        end,
        at_start.start_run_id,
        0,
        0,
        0,
        0,
        0,
        0,
        at_start.opening_minor,
        at_start.forward_minor,
        at_start.cash_minor
    from at_start
    cross join dimensions
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
