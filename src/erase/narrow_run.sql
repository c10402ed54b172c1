-- The range of a run ends where its loans do: a later run may use the ids of
-- loans that were at the end of the table.
update runs
set first_snapshot_id = (
        select min(snapshot_id)
        from loan_snapshots
        where snapshot_id
            between runs.first_snapshot_id and runs.last_snapshot_id
    ),
    last_snapshot_id = (
        select max(snapshot_id)
        from loan_snapshots
        where snapshot_id
            between runs.first_snapshot_id and runs.last_snapshot_id
    )
where run_id = ?1
