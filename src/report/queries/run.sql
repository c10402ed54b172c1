select
    run_id, as_of_date, input_name, input_sha256, config_sha256,
    program_version, seed, score_source, gate_reason, forced_model,
    no_score_reason, lines_read, lines_skipped, loans_loaded, rows_rejected,
    (select count(*) from rejects where run_id = shown_run.run_id)
        as problems,
    (
        select count(*)
        from rejects
        where run_id = shown_run.run_id and not is_row_left_out
    ) as values_unreadable,
    exists (select 1 from feature_audit where verdict = 'warned') as is_doubted
from shown_run;
