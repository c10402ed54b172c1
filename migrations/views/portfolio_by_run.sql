-- Grain: one row per complete run, its whole book on its day, also where its
-- loans were removed or erased since. outstanding is the gross portfolio: the
-- balance of all live loans; PAR30 and PAR90 are parts of it. The other loans
-- are counted beside it, with the balance that the file still shows: written
-- off, or closed for another reason (also those that owe nothing). The balance
-- at risk is score x balance over live loans: the balance expected on loans
-- that will not be fully recovered. Part of it may still come back. It is null
-- where the score is points. auc is that of the model in use; null where points
-- are.
create view portfolio_by_run as
select
    runs.run_id,
    runs.as_of_date,
    runs.currency_code,
    runs.score_source,
    sums.loans,
    sums.loans_scored,
    sums.live_loans,
    sums.outstanding_minor * 1.0 / runs.currency_scale as outstanding,
    sums.closed_loans,
    sums.closed_minor * 1.0 / runs.currency_scale as closed_outstanding,
    sums.written_off_loans,
    sums.written_off_minor * 1.0 / runs.currency_scale
        as written_off_outstanding,
    sums.at_risk_minor * 1.0 / runs.currency_scale as balance_at_risk,
    sums.high_risk_loans,
    sums.high_risk_minor * 1.0 / runs.currency_scale as high_risk_outstanding,
    sums.par30_loans,
    sums.par30_minor * 1.0 / runs.currency_scale as par30_outstanding,
    sums.par30_minor * 100.0 / nullif(sums.outstanding_minor, 0)
        as par30_percent,
    sums.par90_loans,
    sums.par90_minor * 1.0 / runs.currency_scale as par90_outstanding,
    sums.par90_minor * 100.0 / nullif(sums.outstanding_minor, 0)
        as par90_percent,
    (
        select model_metrics.value
        from models
        join model_metrics using (model_id)
        where models.run_id = runs.run_id
            and models.is_in_use
            and models.kind <> 'policy'
            and model_metrics.metric = 'auc'
    ) as auc,
    runs.rows_rejected,
    coalesce(runs.erased_loans, 0) as erased_loans,
    runs.erased_at,
    runs.loans_removed_at
from runs
join run_summaries as sums using (run_id)
where runs.status = 'complete';
