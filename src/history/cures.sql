-- Grain: one row a loan that fell over 30 days behind in a month of which all
-- days are 12 weeks past at run ?1, and what became of it; a loan that was
-- already late when the file first had it is left out, since nobody knows since
-- when. ?2 are the weeks without being over 30 days late that make a cure, ?3
-- those in which a cured loan may fall behind again; null where they have not
-- all passed.
with today as materialized (
    select as_of_date
    from runs
    where run_id = ?1
),

panel as materialized (
    select
        panel_run_id as run_id,
        as_of_date
    from panel_of_run
    where run_id = ?1
),

-- After falling behind, a loan catches up; then it is late again soon, or cured
-- and, it may be, behind again later.
events as (
    select
        panel.as_of_date as began_on,
        date(panel.as_of_date, 'start of month', '+1 month', '-1 day')
            as month_ends,
        events.loan_key,
        events.event,
        lead(events.event) over by_loan as next_event,
        lead(panel.as_of_date) over by_loan as next_on,
        lead(events.is_paid) over by_loan as is_paid,
        lead(events.event, 2) over by_loan as second_event,
        lead(panel.as_of_date, 2) over by_loan as second_on,
        lead(events.event, 3) over by_loan as third_event,
        lead(panel.as_of_date, 3) over by_loan as third_on
    from arrears_events as events
    join panel using (run_id)
    window by_loan as (
        partition by events.loan_key
        order by panel.as_of_date
    )
),

behind as (
    select
        events.*,
        events.next_event is 'caught_up'
        and events.next_on <= date(events.began_on, '84 days') as is_caught_up
    from today
    cross join events
    where events.event = 'fell_behind'
        and events.began_on >= date(today.as_of_date, '-25 months')
        and date(events.month_ends, '84 days') <= today.as_of_date
        and not exists (
            select 1
            from cure_sums as known
            where known.run_id = ?1
                and known.month = strftime('%Y-%m', events.began_on)
        )
        and exists (
            select 1
            from loan_snapshots as seen
            join panel as seen_on using (run_id)
            where seen.loan_key = events.loan_key
                and seen_on.as_of_date < events.began_on
        )
)

select
    strftime('%Y-%m', behind.began_on) as month,
    iif(
        behind.is_caught_up,
        (julianday(behind.next_on) - julianday(behind.began_on)) / 7,
        null
    ) as weeks_behind,
    behind.is_paid,
    iif(
        behind.is_caught_up,
        null,
        (
            select exits.reason
            from exits
            join panel using (run_id)
            where exits.loan_key = behind.loan_key
                and panel.as_of_date > behind.began_on
                and panel.as_of_date <= date(behind.began_on, '84 days')
            order by panel.as_of_date desc
            limit 1
        )
    ) as exit_reason,
    case
        when date(behind.month_ends, (84 + ?2 * 7) || ' days')
            <= today.as_of_date
            then behind.is_caught_up and behind.second_event is 'cured'
    end as is_cured,
    case
        when date(behind.month_ends, (84 + (?2 + ?3) * 7) || ' days')
            <= today.as_of_date
            then behind.third_event is 'fell_behind'
                and behind.third_on
                <= date(behind.second_on, (?3 * 7) || ' days')
    end as is_redefaulted
from today
cross join behind
order by month, weeks_behind
