-- Grain: one row a complete run that has other loans, or decisions about them,
-- than it counted, those left out that were erased since.
with stored as (
    select
        loan_snapshots.run_id,
        count(*) as stored,
        count(decisions.snapshot_id) as decided
    from loan_snapshots
    left join decisions using (snapshot_id)
    group by loan_snapshots.run_id
)

select
    runs.run_id,
    runs.loans_loaded - coalesce(runs.erased_loans, 0) as counted,
    coalesce(stored.stored, 0) as stored,
    coalesce(stored.decided, 0) as decided
from runs
left join stored using (run_id)
where runs.status = 'complete'
    and runs.loans_removed_at is null
    and runs.loans_loaded is not null
    and (
        coalesce(stored.stored, 0)
            <> runs.loans_loaded - coalesce(runs.erased_loans, 0)
        or stored.decided <> stored.stored
    )
order by runs.run_id
