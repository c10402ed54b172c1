-- What the balances of run ?1 hold, from the loans on which nothing was paid
-- since the compared run; ?2 says it instead, unless it is null.
insert into balance_checks (
    run_id, loans_unpaid, loans_still, loans_accrued, basis, is_set
)
with pair as materialized (
    select
        compared_runs.compared_run_id,
        julianday(runs.as_of_date) - julianday(earlier.as_of_date) as days
    from compared_runs
    join runs using (run_id)
    join runs as earlier on earlier.run_id = compared_runs.compared_run_id
    where compared_runs.run_id = ?1
        and earlier.first_snapshot_id is not null
),

unpaid as (
    select
        loans.outstanding_minor - before.outstanding_minor as change_minor,
        before.outstanding_minor * before.interest_rate_percent * pair.days
        / 36500 as interest_minor
    from pair
    cross join stg_loans as before on before.run_id = pair.compared_run_id
    join loan_snapshots as loans
        on loans.run_id = ?1
        and loans.loan_key = before.loan_key
    where loans.is_live
        and before.is_live
        and before.days_past_due > 0
        and loans.days_past_due = before.days_past_due + pair.days
),

counted as (
    select
        count(*) as loans_unpaid,
        count(*) filter (where change_minor = 0) as loans_still,
        count(*) filter (
            where change_minor > 0
                and abs(change_minor - interest_minor) <= max(
                    interest_minor / 5, 1
                )
        ) as loans_accrued
    from unpaid
),

summed as (
    select
        counted.*,
        counted.loans_unpaid + coalesce(sum(earlier.loans_unpaid), 0) as unpaid,
        counted.loans_still + coalesce(sum(earlier.loans_still), 0) as still,
        counted.loans_accrued + coalesce(sum(earlier.loans_accrued), 0)
            as accrued
    from counted
    left join (
        select checks.*
        from panel_of_run as panel
        join balance_checks as checks on checks.run_id = panel.panel_run_id
        where panel.run_id = ?1
        order by panel.as_of_date desc
        limit 7
    ) as earlier
)

select
    ?1,
    loans_unpaid,
    loans_still,
    loans_accrued,
    case
        when ?2 is not null then ?2
        when unpaid < 20 then 'not known'
        when still >= 0.9 * unpaid then 'still'
        when accrued >= 0.8 * unpaid then 'accrued'
        else 'mixed'
    end,
    ?2 is not null
from summed
