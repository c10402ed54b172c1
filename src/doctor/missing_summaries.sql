-- Grain: one row a complete run of which some of the figures are missing.
select run_id
from runs
where status = 'complete'
    and not (
        exists (
            select 1
            from run_summaries
            where run_id = runs.run_id
        )
        and exists (
            select 1
            from strategy_summaries
            where run_id = runs.run_id
        )
        and exists (
            select 1
            from arrears_summaries
            where run_id = runs.run_id
        )
        and (
            exists (
                select 1
                from segment_summaries
                where run_id = runs.run_id
            )
            or not exists (
                select 1
                from segments
                where run_id = runs.run_id
            )
        )
    )
order by run_id
