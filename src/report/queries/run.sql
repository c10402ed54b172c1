select
    run_id, as_of_date, input_name, input_sha256, config_sha256,
    program_version, seed, score_source, gate_reason, forced_model,
    lines_read, lines_skipped, loans_loaded, rows_rejected, restated_at,
    (select count(*) from rejects where run_id = ?1) as problems,
    (
        select count(*)
        from rejects
        where run_id = ?1 and not is_row_left_out
    ) as values_unreadable,
    exists (
        select 1
        from feature_audit_by_run
        where run_id = ?1 and verdict = 'warned'
    ) as is_doubted
from runs
where run_id = ?1;
