-- The months of which the compared run knew all, as it knew them.
insert into cure_sums
select
    compared_runs.run_id,
    sums.month,
    sums.loans,
    sums.caught_up,
    sums.caught_up_unpaid,
    sums.paid_off,
    sums.refinanced,
    sums.lost,
    sums.unknown,
    sums.half_caught_up_weeks,
    sums.lower_95,
    sums.upper_95,
    sums.cured,
    sums.redefaulted
from compared_runs
join runs using (run_id)
join cure_sums as sums on sums.run_id = compared_runs.compared_run_id
where compared_runs.run_id = ?1
    and sums.redefaulted is not null
    and sums.month >= strftime('%Y-%m', runs.as_of_date, '-25 months')
