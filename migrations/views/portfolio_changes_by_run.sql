-- Grain: one row per run with a compared run: the key figures of that run, and
-- the movements of live loans since (a closed loan that leaves the file is no
-- event). The movements are counted by the run and kept when loans are removed;
-- they are null where the compared run's loans were gone when it counted. Figures
-- that depend on scores are null where the two runs use different candidates.
create view portfolio_changes_by_run as
select
    book.run_id,
    before.run_id as compared_run_id,
    before.as_of_date as compared_as_of_date,
    before.score_source as score_source_before,
    book.score_source,
    before.loans as loans_before,
    before.live_loans as live_loans_before,
    before.outstanding as outstanding_before,
    before.par30_percent as par30_percent_before,
    before.par90_percent as par90_percent_before,
    case when before.score_source = book.score_source
        then before.balance_at_risk end as balance_at_risk_before,
    case
        when before.score_source = book.score_source
            and before.loans_scored > 0
            then before.high_risk_loans
    end as high_risk_loans_before,
    came.loans as loans_new,
    came.outstanding_minor * 1.0 / runs.currency_scale as new_outstanding,
    went.loans as loans_gone,
    went.outstanding_minor * 1.0 / runs.currency_scale as gone_outstanding,
    closed.loans as loans_closed,
    closed.outstanding_minor * 1.0 / runs.currency_scale
        as closed_outstanding,
    written_off.loans as loans_written_off,
    written_off.outstanding_minor * 1.0 / runs.currency_scale
        as written_off_outstanding,
    worse.loans as loans_worse,
    worse.outstanding_minor * 1.0 / runs.currency_scale as worse_outstanding,
    better.loans as loans_better,
    better.outstanding_minor * 1.0 / runs.currency_scale
        as better_outstanding
from portfolio_by_run as book
join runs using (run_id)
join compared_runs using (run_id)
join portfolio_by_run as before
    on before.run_id = compared_runs.compared_run_id
left join movement_summaries as came
    on came.run_id = book.run_id and came.movement = 'new'
left join movement_summaries as went
    on went.run_id = book.run_id and went.movement = 'gone'
left join movement_summaries as closed
    on closed.run_id = book.run_id and closed.movement = 'closed'
left join movement_summaries as written_off
    on written_off.run_id = book.run_id
    and written_off.movement = 'written_off'
left join movement_summaries as worse
    on worse.run_id = book.run_id and worse.movement = 'worse'
left join movement_summaries as better
    on better.run_id = book.run_id and better.movement = 'better';
