-- A segment is the same one as in the compared run where it has a name of then,
-- and its position.
update segmentations
set (loans_compared, loans_moved) = (
    with pair as materialized (
        select
            runs.first_snapshot_id,
            runs.last_snapshot_id,
            compared_runs.compared_run_id
        from compared_runs
        join runs using (run_id)
        where runs.run_id = ?1
    )

    select
        nullif(count(*), 0),
        sum(segment.name_before is null or segment.position <> earlier.position)
    from pair
    cross join loan_snapshots as loans
        on loans.snapshot_id
            between pair.first_snapshot_id and pair.last_snapshot_id
    cross join loan_snapshots as before
        on before.run_id = pair.compared_run_id
        and before.loan_key = loans.loan_key
    join decisions on decisions.snapshot_id = loans.snapshot_id
    join decisions as decisions_before
        on decisions_before.snapshot_id = before.snapshot_id
    join segments as segment on segment.segment_id = decisions.segment_id
    join segments as earlier
        on earlier.segment_id = decisions_before.segment_id
    where loans.is_live
        and before.is_live
)
where run_id = ?1
