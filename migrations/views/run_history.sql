-- Grain: one row per run, failed and refused ones too, the newest last.
create view run_history as
with stages as (
    select
        run_id,
        sum(seconds) as seconds
    from run_stages
    group by run_id
)

select
    runs.run_id,
    runs.status,
    runs.message,
    runs.as_of_date,
    runs.input_name,
    runs.input_sha256,
    runs.config_sha256,
    runs.program_version,
    runs.encoding,
    runs.separator,
    runs.seed,
    runs.header_line,
    runs.lines_read,
    runs.lines_skipped,
    runs.loans_loaded,
    runs.rows_rejected,
    runs.erased_loans,
    runs.erased_at,
    runs.loans_removed_at,
    round(stages.seconds, 3) as seconds,
    runs.started_at,
    runs.finished_at
from runs
left join stages using (run_id)
order by runs.run_id;
