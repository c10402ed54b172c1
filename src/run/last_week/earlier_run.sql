-- Grain: one row at most: the last complete run that describes this day or an
-- earlier one in the same currency and still has its loans.
select
    run_id,
    as_of_date,
    first_snapshot_id,
    last_snapshot_id
from runs
where status = 'complete'
    and as_of_date <= ?1
    and currency_code = ?2
    and currency_scale = ?3
    and loans_removed_at is null
    and first_snapshot_id is not null
order by as_of_date desc, place desc
limit 1
