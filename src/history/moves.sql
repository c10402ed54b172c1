-- Grain: one row per pair of states, branch, officer and product: the loans that
-- were live at the start of the month up to run ?1, or came since, by the state
-- from which and to which they went, what they owed then and owe now, and what
-- was paid. Of a loan that left, the latest exit counts, unless the file still has
-- it and says what it is. A loan that was there belongs to the branch, officer
-- and product that it had at the start. It is a table, since the sums by state
-- and those by group both need it.
create temp table month_moves as
with month as materialized (
    select
        pairs.run_id,
        pairs.start_run_id,
        -- The interest of the month on a balance of 1 at 1 percent a year.
        iif(checks.basis = 'accrued', pairs.days / 36500.0, 0) as accrual
    from period_pairs as pairs
    join balance_checks as checks using (run_id)
    where pairs.run_id = ?1
        and pairs.start_run_id is not null
),

panel as materialized (
    select
        panel_run_id as run_id,
        as_of_date
    from panel_of_run
    where run_id = ?1
),

was_live as (
    select
        month.start_run_id,
        before.branch,
        before.officer,
        before.product,
        cast(buckets_before.position as text) as state_from,
        case
            when still.is_live then cast(buckets.position as text)
            when still.exit_reason <> 'fully_recovered' then still.exit_reason
            else coalesce(
                (
                    select
                        iif(
                            -- Closed in the file, and repaid by a new loan.
                            exits.reason = 'refinanced',
                            exits.reason,
                            coalesce(still.exit_reason, exits.reason)
                        )
                    from exits
                    join panel using (run_id)
                    where exits.loan_key = before.loan_key
                        and panel.as_of_date > (
                            select starts.as_of_date
                            from panel as starts
                            where starts.run_id = month.start_run_id
                        )
                    order by panel.as_of_date desc
                    limit 1
                ),
                still.exit_reason,
                'unknown'
            )
        end as state_to,
        before.outstanding_minor as opening_minor,
        iif(still.is_live, still.outstanding_minor, 0) as closing_minor,
        iif(
            still.is_live,
            still.outstanding_minor - before.outstanding_minor,
            0
        ) as change_minor,
        before.outstanding_minor * month.accrual
        * coalesce(before.interest_rate_percent, 0) as interest_minor
    from month
    cross join stg_loans as before on before.run_id = month.start_run_id
    cross join arrears_buckets as buckets_before
        on before.days_past_due
            between buckets_before.first_day and buckets_before.last_day
    left join loan_snapshots as still
        on still.run_id = month.run_id
        and still.loan_key = before.loan_key
    left join arrears_buckets as buckets
        on still.days_past_due between buckets.first_day and buckets.last_day
    where before.is_live
),

came as (
    select
        month.start_run_id,
        iif(
            exists (
                select 1
                from loan_snapshots as earlier
                join panel using (run_id)
                where earlier.loan_key = loans.loan_key
                    and panel.as_of_date <= (
                        select starts.as_of_date
                        from panel as starts
                        where starts.run_id = month.start_run_id
                    )
            ),
            'returned',
            'new'
        ) as state_from,
        cast(buckets.position as text) as state_to,
        loans.outstanding_minor as closing_minor
    from month
    cross join stg_loans as loans on loans.run_id = month.run_id
    cross join arrears_buckets as buckets
        on loans.days_past_due between buckets.first_day and buckets.last_day
    left join loan_snapshots as before
        on before.run_id = month.start_run_id
        and before.loan_key = loans.loan_key
    where loans.is_live
        and before.is_live is not 1
),

-- What was paid: in full, or by how much the balance is below what it was with
-- the interest since. A quarter of that interest is within the rounding of
-- rates and days.
moves as (
    select
        start_run_id,
        branch,
        officer,
        product,
        state_from,
        state_to,
        opening_minor,
        closing_minor,
        change_minor,
        case
            when state_to = 'fully_recovered'
                then opening_minor + interest_minor / 2
            when length(state_to) = 1
                and interest_minor - change_minor > interest_minor / 4
                then interest_minor - change_minor
            else 0
        end as cash_minor
    from was_live
    union all
    select
        start_run_id,
        null,
        null,
        null,
        state_from,
        state_to,
        0,
        closing_minor,
        0,
        0
    from came
)

select
    start_run_id,
    state_from,
    state_to,
    branch,
    officer,
    product,
    count(*) as loans,
    sum(opening_minor) as opening_minor,
    sum(closing_minor) as closing_minor,
    count(*) filter (where change_minor > 0) as loans_charged,
    sum(max(change_minor, 0)) as charged_minor,
    count(*) filter (where change_minor < 0) as loans_paid,
    sum(max(-change_minor, 0)) as paid_minor,
    sum(cash_minor) as cash_minor
from moves
group by start_run_id, state_from, state_to, branch, officer, product
