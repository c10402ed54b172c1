-- Grain: one row per complete run and bucket of days past due, over its live
-- loans on its day, with the balance of the compared run's; that is null where
-- there is none.
create view arrears_summary_by_run as
select
    runs.run_id,
    runs.as_of_date,
    sums.position,
    buckets.bucket,
    sums.loans,
    sums.outstanding_minor * 1.0 / runs.currency_scale as outstanding,
    sums.outstanding_minor * 100.0 / nullif(book.outstanding_minor, 0)
        as outstanding_percent,
    before.outstanding_minor * 1.0 / runs.currency_scale
        as outstanding_before
from runs
join run_summaries as book using (run_id)
join arrears_summaries as sums using (run_id)
join arrears_buckets as buckets using (position)
join compared_runs using (run_id)
left join arrears_summaries as before
    on before.run_id = compared_runs.compared_run_id
    and before.position = sums.position;
