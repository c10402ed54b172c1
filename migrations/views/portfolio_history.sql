-- Grain: one row a complete run, also where its loans were removed since, the
-- newest last. Figures are those of the day of the run: what was erased later
-- is still counted in them. They are null for a run of an earlier version until
-- the next run, and stay so where only its loans would tell. auc is that of the
-- scores in use; null where there is none.
create view portfolio_history as
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
    case
        when runs.score_source is not 'policy'
            then sums.at_risk_minor * 1.0 / runs.currency_scale
    end as balance_at_risk,
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
            and model_metrics.metric = 'auc'
    ) as auc,
    runs.rows_rejected,
    coalesce(runs.erased_loans, 0) as erased_loans,
    runs.erased_at,
    runs.loans_removed_at
from runs
left join run_summaries as sums using (run_id)
where runs.status = 'complete'
order by runs.run_id;
