-- What loans that entered the curves of their month of disbursal reach in run
-- ?1 for the first time. A loan that is gone was lost where its exit says so.
insert into vintage_events (run_id, loan_key, event, vintage, original_minor)
with panel as materialized (
    select panel_run_id as run_id
    from panel_of_run
    where run_id = ?1
),

-- No row until a loan has entered a curve, so that nothing is looked for.
curves as materialized (
    select events.run_id
    from vintage_events as events
    join panel using (run_id)
    limit 1
),

reached as (
    select
        loan_key,
        'over_30' as event
    from stg_loans
    where run_id = ?1
        and is_live
        and days_past_due > 30
    union all
    select
        loan_key,
        'over_90'
    from stg_loans
    where run_id = ?1
        and is_live
        and days_past_due > 90
    union
    select
        loan_key,
        'lost'
    from stg_loans
    where run_id = ?1
        and not is_live
        and known_outcome in ('written_off', 'partially_recovered')
    union
    select
        loan_key,
        'lost'
    from exits
    where run_id = ?1
        and reason in ('written_off', 'partially_recovered')
),

entered as (
    select
        reached.loan_key,
        reached.event,
        (
            select events.rowid
            from vintage_events as events
            join panel using (run_id)
            where events.loan_key = reached.loan_key
                and events.event = 'entered'
            limit 1
        ) as entered_row
    from curves
    cross join reached
    where not exists (
        select 1
        from vintage_events as events
        join panel using (run_id)
        where events.loan_key = reached.loan_key
            and events.event = reached.event
    )
)

select
    ?1,
    entered.loan_key,
    entered.event,
    entries.vintage,
    entries.original_minor
from entered
join vintage_events as entries on entries.rowid = entered.entered_row
