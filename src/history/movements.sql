-- Of live loans: the days of others go on without meaning, and a closed loan that
-- leaves the file is no event. Every kind is there, with zero where no loan moved
-- so, if the compared run still has its loans.
with totals as (
    select
        movement,
        count(*) as loans,
        sum(
            iif(
                movement in ('new', 'worse', 'better'),
                outstanding,
                outstanding_before
            )
        ) as outstanding
    from loan_movements_by_run
    where run_id = ?1
        and iif(movement in ('new', 'worse', 'better'), is_live, was_live)
    group by movement
),

kinds (movement) as (
    values ('new'), ('gone'), ('closed'), ('written_off'), ('worse'), ('better')
)

insert into movement_summaries (run_id, movement, loans, outstanding_minor)
select
    ?1,
    kinds.movement,
    coalesce(totals.loans, 0),
    cast(
        round(coalesce(totals.outstanding, 0) * runs.currency_scale) as integer
    )
from runs
join compared_runs using (run_id)
join runs as earlier on earlier.run_id = compared_runs.compared_run_id
cross join kinds
left join totals using (movement)
where runs.run_id = ?1
    and earlier.first_snapshot_id is not null
