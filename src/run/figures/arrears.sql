with totals as (
    select
        buckets.position,
        count(*) as loans,
        sum(loans.outstanding_minor) as outstanding_minor
    from stg_loans as loans
    cross join arrears_buckets as buckets
        on loans.days_past_due between buckets.first_day and buckets.last_day
    where loans.run_id = ?1
        and loans.is_live
    group by buckets.position
)

insert into arrears_summaries (run_id, position, loans, outstanding_minor)
select
    ?1,
    buckets.position,
    coalesce(totals.loans, 0),
    coalesce(totals.outstanding_minor, 0)
from arrears_buckets as buckets
left join totals using (position)
