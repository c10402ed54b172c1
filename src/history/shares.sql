-- Grain: one row per pair of states of the month up to run ?1 where ?2 loans or
-- more were in the first. independent_balances is how many equal balances say as
-- much of a share as those of the state: what one borrower owes is one balance.
with owed as (
    select
        cast(buckets.position as text) as state_from,
        sum(loans.outstanding_minor) * 1.0 as owed_minor
    from (
        select min(start_run_id) as run_id
        from transition_sums
        where run_id = ?1
    ) as starts
    cross join stg_loans as loans on loans.run_id = starts.run_id
    cross join arrears_buckets as buckets
        on loans.days_past_due between buckets.first_day and buckets.last_day
    where loans.is_live
    group by
        buckets.position,
        coalesce(loans.borrower_id, 'loan ' || loans.loan_key)
),

of_state as (
    select
        state_from,
        sum(owed_minor) * sum(owed_minor) / sum(owed_minor * owed_minor)
            as independent_balances
    from owed
    group by state_from
),

sums as (
    select
        state_from,
        state_to,
        loans * 1.0 as loans,
        opening_minor * 1.0 as opening_minor,
        sum(loans * 1.0) over by_state as loans_from,
        sum(opening_minor * 1.0) over by_state as opening_from_minor
    from transition_sums
    where run_id = ?1
    window by_state as (partition by state_from)
)

select
    sums.state_from,
    sums.state_to,
    sums.loans_from,
    sums.loans / sums.loans_from as share_of_loans,
    sums.opening_minor / sums.opening_from_minor as share_of_balance,
    of_state.independent_balances
from sums
join of_state using (state_from)
where sums.loans_from >= ?2
