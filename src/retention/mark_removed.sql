update runs
set loans_removed_at = ?2,
    first_snapshot_id = null,
    last_snapshot_id = null
where run_id = ?1
