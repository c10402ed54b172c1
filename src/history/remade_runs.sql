-- Grain: one row a complete run, in the order of their days; with ?1, only those
-- that describe a later day than that run. can_be_made: no loan of it or of the
-- runs that it is measured from was removed or erased.
select
    runs.run_id,
    runs.loans_removed_at is null
    and runs.erased_loans is null
    and compared.loans_removed_at is null
    and compared.erased_loans is null
    and starts.loans_removed_at is null
    and starts.erased_loans is null as can_be_made
from runs
join compared_runs using (run_id)
left join runs as compared on compared.run_id = compared_runs.compared_run_id
left join runs as starts
    on starts.run_id = (
        select min(sums.start_run_id)
        from transition_sums as sums
        where sums.run_id = runs.run_id
    )
left join runs as corrected on corrected.run_id = ?1
where ?1 is null
    or (
        runs.as_of_date > corrected.as_of_date
        and runs.currency_code = corrected.currency_code
        and runs.currency_scale = corrected.currency_scale
    )
order by runs.as_of_date, runs.place
