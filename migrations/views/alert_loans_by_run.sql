-- Grain: one row per alert and loan; a loan can have several alerts. Loans that
-- are gone or refinanced count with their last balance; all others are live. The
-- first run lists every loan over 30 days late, later runs those that passed 30
-- days since. Most alerts need only days past due and balances, so that a file of
-- three columns has alerts too. Those about a branch or an officer list its loans
-- over 30 days late, and group_name says whose they are; of others it is empty.
create view alert_loans_by_run as
with ranked as (
    select
        loans.run_id,
        loans.snapshot_id,
        rank() over (
            partition by loans.run_id
            order by loans.outstanding_minor desc
        ) as place,
        count(*) over by_run as live_loans,
        sum(loans.outstanding_minor) over by_run * 1.0 / loans.currency_scale
            as all_outstanding
    from stg_loans as loans
    where loans.is_live
    window by_run as (partition by loans.run_id)
),

-- Of equal balances, that of the first loan id counts.
placed as (
    select
        loans.run_id,
        loans.loan_id,
        loans.borrower_id,
        loans.outstanding,
        loans.days_past_due,
        ranked.live_loans,
        ranked.all_outstanding,
        row_number() over (
            partition by loans.run_id
            order by loans.outstanding desc, loans.loan_id
        ) as place
    from ranked
    cross join int_live_loans as loans
        on loans.run_id = ranked.run_id
        and loans.snapshot_id = ranked.snapshot_id
    where ranked.place <= 10
),

largest as (
    select
        *,
        sum(outstanding) over (partition by run_id) as largest_outstanding
    from placed
    where place <= 10
),

of_movements (alert) as (
    values
    ('passed_90'), ('passed_30'), ('fell_behind'), ('new_and_late')
),

of_exits (alert) as (
    values ('gone_late'), ('gone'), ('evergreened')
),

of_live_loans (alert) as (
    values
    ('over_90'), ('over_30'), ('untouched'), ('awaiting_approval'),
    ('early_warning'), ('secured'), ('overburdened')
),

first_runs as (
    select
        run_id,
        compared_run_id is null as is_first
    from compared_runs
)

select
    moved.run_id,
    of_movements.alert,
    moved.loan_id,
    moved.borrower_id,
    '' as group_name,
    coalesce(moved.outstanding, moved.outstanding_before) as outstanding,
    coalesce(moved.days_past_due, moved.days_past_due_before) as days_past_due
from loan_movements_by_run as moved
cross join of_movements
where case of_movements.alert
    when 'passed_90'
        then moved.movement = 'worse' and moved.is_live
            and moved.days_past_due > 90 and moved.days_past_due_before <= 90
    when 'passed_30'
        then moved.movement = 'worse' and moved.is_live
            and moved.days_past_due between 31 and 90
            and moved.days_past_due_before <= 30
    when 'fell_behind'
        then moved.movement = 'worse' and moved.is_live and moved.was_live
            and moved.days_past_due between 1 and 30
    when 'new_and_late'
        then moved.movement = 'new' and moved.is_live
            and moved.days_past_due > 30
            -- One that was away and is back is not new.
            and not exists (
                select 1
                from loan_register as register
                join loan_snapshots as earlier using (loan_key)
                join runs as earlier_runs using (run_id)
                where register.loan_id = moved.loan_id
                    and earlier_runs.status = 'complete'
                    and earlier_runs.as_of_date < (
                        select runs.as_of_date
                        from runs
                        where runs.run_id = moved.run_id
                    )
            )
end
union all
select
    left_book.run_id,
    of_exits.alert,
    left_book.loan_id,
    left_book.borrower_id,
    '',
    left_book.outstanding,
    left_book.days_past_due
from loan_exits_by_run as left_book
cross join of_exits
where case of_exits.alert
    when 'gone_late'
        then left_book.basis = 'unknown' and left_book.days_past_due > 30
    when 'gone'
        then left_book.basis = 'unknown' and left_book.days_past_due <= 30
    when 'evergreened' then left_book.is_evergreened
end
union all
select
    events.run_id,
    'caught_up_unpaid',
    register.loan_id,
    register.borrower_id,
    '',
    events.outstanding_minor * 1.0 / runs.currency_scale,
    events.days_past_due
from arrears_events as events
join runs using (run_id)
join balance_checks as checks using (run_id)
join loan_register as register using (loan_key)
where events.event = 'caught_up'
    and not events.is_paid
    and checks.basis <> 'mixed'
union all
select
    loans.run_id,
    of_live_loans.alert,
    loans.loan_id,
    loans.borrower_id,
    '',
    loans.outstanding,
    loans.days_past_due
from first_runs
cross join int_live_loans as loans
    on loans.run_id = first_runs.run_id
    -- Other loans have none of these alerts, and they are most.
    and (
        loans.days_past_due > 0
        or loans.is_high_risk
        or loans.is_approval_needed
    )
cross join of_live_loans
where case of_live_loans.alert
    when 'over_90' then loans.days_past_due > 90
    when 'over_30'
        then first_runs.is_first and loans.days_past_due between 31 and 90
    when 'untouched'
        then loans.days_past_due > 30 and loans.collection_attempts = 0
    when 'awaiting_approval' then loans.is_approval_needed
    when 'early_warning'
        then loans.is_high_risk and loans.days_past_due <= 30
    when 'secured' then loans.is_high_risk and loans.coverage >= 1
    when 'overburdened'
        then loans.days_past_due between 1 and 90 and loans.burden > 0.5
end
union all
select
    groups.run_id,
    'late_' || groups.dimension,
    loans.loan_id,
    loans.borrower_id,
    groups.group_name,
    loans.outstanding,
    loans.days_past_due
from group_summaries as groups
cross join int_live_loans as loans on loans.run_id = groups.run_id
where groups.verdict = 'worse'
    and groups.dimension in ('branch', 'officer')
    and case groups.dimension
        when 'branch' then loans.branch
        when 'officer' then loans.officer
    end = groups.group_name
    and loans.days_past_due > 30
union all
select
    run_id,
    'largest',
    loan_id,
    borrower_id,
    '',
    outstanding,
    days_past_due
from largest
where live_loans >= 50
    and largest_outstanding >= 0.2 * all_outstanding;
