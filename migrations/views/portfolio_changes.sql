-- Grain: one row at most: the key figures of the compared run, and the movements
-- since, all of live loans: the days of others go on without meaning, and a
-- closed loan that leaves the file is no event. Movements are null where that
-- run's loans were removed; figures that rest on scores are null where the two runs
-- score by different means.
create view portfolio_changes as
with movements as (
    select
        count(*) filter (where movement = 'new' and is_live) as loans_new,
        sum(outstanding) filter (where movement = 'new' and is_live)
            as new_outstanding,
        count(*) filter (where movement = 'gone' and was_live) as loans_gone,
        sum(outstanding_before) filter (where movement = 'gone' and was_live)
            as gone_outstanding,
        count(*) filter (where movement = 'closed') as loans_closed,
        sum(outstanding_before) filter (where movement = 'closed')
            as closed_outstanding,
        count(*) filter (where movement = 'written_off') as loans_written_off,
        sum(outstanding_before) filter (where movement = 'written_off')
            as written_off_outstanding,
        count(*) filter (where movement = 'worse' and is_live)
            as loans_worse,
        sum(outstanding)
            filter (where movement = 'worse' and is_live)
            as worse_outstanding,
        count(*) filter (where movement = 'better' and is_live)
            as loans_better,
        sum(outstanding)
            filter (where movement = 'better' and is_live)
            as better_outstanding
    from loan_movements
)

select
    earlier.run_id as compared_run_id,
    earlier.as_of_date as compared_as_of_date,
    earlier.score_source as score_source_before,
    shown_run.score_source,
    before.loans as loans_before,
    before.live_loans as live_loans_before,
    before.outstanding as outstanding_before,
    before.par30_percent as par30_percent_before,
    before.par90_percent as par90_percent_before,
    case when earlier.score_source = shown_run.score_source
        then before.balance_at_risk end as balance_at_risk_before,
    case
        when earlier.score_source = shown_run.score_source
            and before.loans_scored > 0
            then before.high_risk_loans
    end as high_risk_loans_before,
    case when earlier.loans_removed_at is null
        then movements.loans_new end as loans_new,
    coalesce(movements.new_outstanding, 0) as new_outstanding,
    movements.loans_gone,
    coalesce(movements.gone_outstanding, 0) as gone_outstanding,
    movements.loans_closed,
    coalesce(movements.closed_outstanding, 0) as closed_outstanding,
    movements.loans_written_off,
    coalesce(movements.written_off_outstanding, 0) as written_off_outstanding,
    movements.loans_worse,
    coalesce(movements.worse_outstanding, 0) as worse_outstanding,
    movements.loans_better,
    coalesce(movements.better_outstanding, 0) as better_outstanding
from compared_run as earlier
cross join shown_run
left join portfolio_history as before on before.run_id = earlier.run_id
cross join movements;
