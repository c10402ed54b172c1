-- The loans of each month of disbursal as of run ?1. A month of which no loan
-- entered the curves needs ?2 live loans: fewer are never shown.
insert into vintage_sums (
    run_id, vintage, months_on_book, loans, original_minor, ever30,
    ever30_minor, ever90, ever90_minor, lost, lost_minor, live_loans,
    live_minor, now30, now30_minor
)
with panel as materialized (
    select
        panel_run_id as run_id,
        as_of_date
    from panel_of_run
    where run_id = ?1
),

-- The first of its kind counts. Loans that retention removed are told apart by
-- their rows.
firsts as (
    select
        coalesce(events.loan_key, -events.rowid) as loan,
        events.event,
        events.vintage,
        coalesce(events.original_minor, 0) as original_minor,
        min(panel.as_of_date) as reached_on
    from vintage_events as events
    join panel using (run_id)
    group by loan, events.event
),

live as (
    select
        coalesce(
            loans.vintage,
            (
                select events.vintage
                from vintage_events as events
                join panel using (run_id)
                where events.loan_key = loans.loan_key
                    and events.event = 'entered'
                limit 1
            )
        ) as vintage,
        coalesce(loans.loan_amount_minor, 0) as original_minor,
        loans.days_past_due > 30 as is_over_30
    from int_loan_vintages as loans
    where loans.run_id = ?1
        and loans.is_live
),

counted (vintage, kind, original_minor) as (
    select
        vintage,
        event,
        original_minor
    from firsts
    union all
    select
        vintage,
        'live',
        original_minor
    from live
    union all
    select
        vintage,
        'now_over_30',
        original_minor
    from live
    where is_over_30
),

sums as (
    select
        vintage,
        count(*) filter (where kind = 'entered') as loans,
        coalesce(sum(original_minor) filter (where kind = 'entered'), 0)
            as original_minor,
        count(*) filter (where kind = 'over_30') as ever30,
        coalesce(sum(original_minor) filter (where kind = 'over_30'), 0)
            as ever30_minor,
        count(*) filter (where kind = 'over_90') as ever90,
        coalesce(sum(original_minor) filter (where kind = 'over_90'), 0)
            as ever90_minor,
        count(*) filter (where kind = 'lost') as lost,
        coalesce(sum(original_minor) filter (where kind = 'lost'), 0)
            as lost_minor,
        count(*) filter (where kind = 'live') as live_loans,
        coalesce(sum(original_minor) filter (where kind = 'live'), 0)
            as live_minor,
        count(*) filter (where kind = 'now_over_30') as now30,
        coalesce(sum(original_minor) filter (where kind = 'now_over_30'), 0)
            as now30_minor
    from counted
    where vintage is not null
    group by vintage
),

aged as (
    select
        sums.*,
        (strftime('%Y', runs.as_of_date) - substr(sums.vintage, 1, 4)) * 12
        + strftime('%m', runs.as_of_date) - substr(sums.vintage, 6, 2)
            as months_on_book
    from runs
    cross join sums
    where runs.run_id = ?1
)

select
    ?1,
    vintage,
    months_on_book,
    loans,
    original_minor,
    ever30,
    ever30_minor,
    ever90,
    ever90_minor,
    lost,
    lost_minor,
    live_loans,
    live_minor,
    now30,
    now30_minor
from aged
where months_on_book >= 0
    and (loans > 0 or live_loans >= ?2)
