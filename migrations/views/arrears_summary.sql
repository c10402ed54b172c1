-- Grain: one row a bucket of days past due, over the live loans of the shown
-- run, with the balance of those in the compared run; that is null where there
-- is none, or its loans were removed. A cross join goes through the loans
-- once, and not once for each bucket.
create view arrears_summary as
with totals as (
    select
        buckets.position,
        count(*) as loans,
        sum(loans.outstanding_minor) as outstanding_minor
    from int_loans_decided as loans
    cross join arrears_buckets as buckets
        on loans.days_past_due between buckets.first_day and buckets.last_day
    where loans.is_live
    group by buckets.position
),

totals_before as (
    select
        buckets.position,
        sum(loans.outstanding_minor) as outstanding_minor
    from compared_run
    join loan_snapshots as loans
        on loans.snapshot_id between compared_run.first_snapshot_id
            and compared_run.last_snapshot_id
    cross join arrears_buckets as buckets
        on loans.days_past_due between buckets.first_day and buckets.last_day
    where loans.outstanding_minor > 0
        and not loans.is_closed
    group by buckets.position
)

select
    buckets.position,
    buckets.bucket,
    coalesce(totals.loans, 0) as loans,
    coalesce(totals.outstanding_minor, 0) * 1.0 / shown_run.currency_scale
        as outstanding,
    coalesce(totals.outstanding_minor, 0) * 100.0
        / nullif((select sum(outstanding_minor) from totals), 0)
        as outstanding_percent,
    case
        when exists (
            select 1
            from compared_run
            where loans_removed_at is null
        )
            then coalesce(totals_before.outstanding_minor, 0) * 1.0
                / shown_run.currency_scale
    end as outstanding_before
from shown_run
cross join arrears_buckets as buckets
left join totals using (position)
left join totals_before using (position);
