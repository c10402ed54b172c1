-- Grain: one row a loan that fell over 30 days behind in a month of which all
-- days are 12 weeks past at run ?1, and what became of it; a loan that was
-- already late when the file first had it is left out, since nobody knows since
-- when. ?2 are the weeks of being up to date that make a cure, ?3 those in which
-- a cured loan may fall behind again; null where they have not all passed.
with today as materialized (
    select as_of_date
    from runs
    where run_id = ?1
),

panel as materialized (
    select
        earlier_run_id as run_id,
        earlier_date as as_of_date
    from earlier_panel
    where run_id = ?1
    union all
    select
        ?1,
        as_of_date
    from today
),

events as materialized (
    select
        panel.as_of_date,
        events.run_id,
        events.loan_key,
        events.event,
        events.is_paid,
        lead(panel.as_of_date) over by_loan as next_on,
        lead(events.event) over by_loan as next_event
    from arrears_events as events
    join panel using (run_id)
    window by_loan as (
        partition by events.loan_key
        order by panel.as_of_date
    )
),

behind as (
    select
        began.loan_key,
        began.as_of_date as began_on,
        date(began.as_of_date, 'start of month', '+1 month', '-1 day')
            as month_ends,
        (
            select min(caught.as_of_date)
            from events as caught
            where caught.loan_key = began.loan_key
                and caught.event = 'caught_up'
                and caught.as_of_date > began.as_of_date
                and caught.as_of_date <= date(began.as_of_date, '84 days')
        ) as caught_up_on
    from events as began
    where began.event = 'fell_behind'
        and began.as_of_date >= (
            select date(today.as_of_date, '-25 months')
            from today
        )
        and exists (
            select 1
            from loan_snapshots as seen
            join panel as seen_on using (run_id)
            where seen.loan_key = began.loan_key
                and seen_on.as_of_date < began.as_of_date
        )
)

select
    strftime('%Y-%m', behind.began_on) as month,
    (julianday(behind.caught_up_on) - julianday(behind.began_on)) / 7
        as weeks_behind,
    caught.is_paid,
    (
        select exits.reason
        from exits
        join panel using (run_id)
        where exits.loan_key = behind.loan_key
            and behind.caught_up_on is null
            and panel.as_of_date > behind.began_on
            and panel.as_of_date <= date(behind.began_on, '84 days')
        order by panel.as_of_date desc
        limit 1
    ) as exit_reason,
    case
        when date(behind.month_ends, (84 + ?2 * 7) || ' days')
            <= today.as_of_date
            then coalesce(caught.next_event = 'cured', 0)
    end as is_cured,
    case
        when date(behind.month_ends, (84 + (?2 + ?3) * 7) || ' days')
            <= today.as_of_date
            then coalesce(
                cured.next_event = 'fell_behind'
                and cured.next_on <= date(cured.as_of_date, (?3 * 7) || ' days'),
                0
            )
    end as is_redefaulted
from today
cross join behind
left join events as caught
    on caught.loan_key = behind.loan_key
    and caught.as_of_date = behind.caught_up_on
left join events as cured
    on cured.loan_key = behind.loan_key
    and cured.as_of_date = caught.next_on
    and cured.event = 'cured'
where date(behind.month_ends, '84 days') <= today.as_of_date
order by month, weeks_behind
