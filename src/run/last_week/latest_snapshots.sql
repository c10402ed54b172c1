-- Grain: one row at most: the latest run whose file was read, where it is in
-- this currency and still has its loans.
select
    first_snapshot_id,
    last_snapshot_id
from (
    select *
    from runs
    where status = 'complete'
        and lines_read is not null
    order by place desc
    limit 1
)
where currency_code = ?1
    and currency_scale = ?2
    and loans_removed_at is null
    and first_snapshot_id is not null
