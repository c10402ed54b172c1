-- Grain: one row per complete run and as-of date in its currency up to its own,
-- with the run of that date that counts for it: of its own day itself, of an
-- earlier one the last, also if it was made later.
create view panel_of_run as
select
    run_id,
    panel_run_id,
    as_of_date,
    has_loans
from (
    select
        runs.run_id,
        panel.run_id as panel_run_id,
        panel.as_of_date,
        panel.first_snapshot_id is not null as has_loans,
        row_number() over (
            partition by runs.run_id, panel.as_of_date
            order by panel.place desc
        ) as nth_of_day
    from runs
    join runs as panel
        on panel.status = 'complete'
        and (
            panel.as_of_date < runs.as_of_date
            or (
                panel.as_of_date = runs.as_of_date
                and panel.place <= runs.place
            )
        )
        and panel.currency_code = runs.currency_code
        and panel.currency_scale = runs.currency_scale
    where runs.status = 'complete'
)
where nth_of_day = 1;
