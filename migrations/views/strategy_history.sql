-- Grain: one row a complete run and strategy rule, as strategy_summary showed it
-- on the day of the run; also of runs whose loans were removed since.
create view strategy_history as
select
    runs.run_id,
    runs.as_of_date,
    sums.position,
    rules.strategy,
    rules.band as risk_band,
    sums.loans,
    sums.outstanding_minor * 1.0 / runs.currency_scale as outstanding,
    case
        when runs.score_source is not 'policy'
            then sums.at_risk_minor * 1.0 / runs.currency_scale
    end as balance_at_risk
from runs
join strategy_summaries as sums using (run_id)
left join strategy_rules as rules using (run_id, position)
order by runs.run_id, sums.position;
