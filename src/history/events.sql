-- What happened to the arrears of the live loans of run ?1 since the earlier
-- weeks: up to date is ?2 days past due at most, cured after ?3 weeks of that
-- without being over 30 days late again. A loan that was away for longer than
-- ?4 weeks begins anew.
insert into arrears_events (
    run_id, loan_key, event, outstanding_minor, days_past_due, paid_minor,
    is_paid
)
with today as materialized (
    select
        runs.run_id,
        runs.as_of_date,
        compared_runs.compared_run_id
    from runs
    join compared_runs using (run_id)
    where runs.run_id = ?1
),

panel as materialized (
    select
        panel_run_id as run_id,
        as_of_date
    from panel_of_run
    where run_id = ?1
),

live as (
    select
        loans.snapshot_id,
        loans.loan_key,
        loans.outstanding_minor,
        loans.days_past_due,
        (
            select events.run_id
            from arrears_events as events
            join panel using (run_id)
            where events.loan_key = loans.loan_key
            order by panel.as_of_date desc
            limit 1
        ) as last_run_id
    from runs
    cross join loan_snapshots as loans
        on loans.snapshot_id
            between runs.first_snapshot_id and runs.last_snapshot_id
    where runs.run_id = ?1
        and loans.is_live
),

followed as (
    select
        live.*,
        last.event as last_event,
        panel.as_of_date as last_on
    from live
    left join arrears_events as last
        on last.loan_key = live.loan_key
        and last.run_id = live.last_run_id
        and (
            exists (
                select 1
                from loan_snapshots as seen
                where seen.loan_key = live.loan_key
                    and seen.run_id = (select today.compared_run_id from today)
                    and seen.is_live
            )
            or exists (
                select 1
                from loan_snapshots as seen
                join panel as seen_on using (run_id)
                where seen.loan_key = live.loan_key
                    and seen.run_id <> ?1
                    and seen.is_live
                    and date(seen_on.as_of_date, (?4 * 7) || ' days')
                    >= (select today.as_of_date from today)
            )
        )
    left join panel on panel.run_id = last.run_id
    where live.days_past_due > 30
        or live.last_run_id is not null
),

found as (
    select
        *,
        case
            when days_past_due > 30
                and coalesce(last_event, 'cured') = 'cured'
                then 'fell_behind'
            when days_past_due > 30 and last_event = 'caught_up'
                then 'relapsed'
            when days_past_due <= ?2
                and last_event in ('fell_behind', 'relapsed')
                then 'caught_up'
            when last_event = 'caught_up'
                and date(last_on, (?3 * 7) || ' days')
                <= (select today.as_of_date from today)
                then 'cured'
        end as event
    from followed
),

weeks_behind as (
    select
        found.loan_key,
        loans.outstanding_minor - lag(loans.outstanding_minor)
            over (partition by found.loan_key order by panel.as_of_date)
            as change_minor
    from found
    join loan_snapshots as loans using (loan_key)
    join panel
        on panel.run_id = loans.run_id
        and panel.as_of_date >= (
            select max(late_on.as_of_date)
            from loan_snapshots as late
            join panel as late_on using (run_id)
            where late.loan_key = found.loan_key
                and late.days_past_due > 30
        )
    where found.event = 'caught_up'
),

paid as materialized (
    select
        loan_key,
        coalesce(-sum(change_minor) filter (where change_minor < 0), 0)
            as paid_minor
    from weeks_behind
    group by loan_key
)

select
    ?1,
    found.loan_key,
    found.event,
    found.outstanding_minor,
    found.days_past_due,
    paid.paid_minor,
    paid.paid_minor >= (
        -- Half of the principal in an instalment; of one that is interest
        -- alone, the balance says nothing.
        select
            iif(
                principal_minor < outstanding_minor / 1000.0,
                null,
                max(principal_minor / 2, 1)
            )
        from (
            select
                loans.outstanding_minor,
                coalesce(
                    loans.monthly_emi_minor
                    - loans.outstanding_minor
                    * coalesce(loans.interest_rate_percent, 0) / 1200,
                    loans.loan_amount_minor / 25.0,
                    0
                ) as principal_minor
            from stg_loans as loans
            where loans.run_id = ?1
                and loans.snapshot_id = found.snapshot_id
        )
    )
from found
left join paid using (loan_key)
where found.event is not null
