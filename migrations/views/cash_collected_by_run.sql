-- Grain: one row per run with a month before it: what was collected in the
-- month, as far as balances tell. collected_at_least is what live balances fell
-- by, and the last balance of loans that were paid in full. Where the balance
-- has accrued interest in it (basis accrued), collected adds the interest that
-- was paid; where it does not (still), collected is the same, and has no
-- interest in it that is paid beside the balance. Null where the file mixes both
-- (mixed), or too few late loans show which it is (not known). Write-offs,
-- refinancing and loans gone without a reason are never counted as cash.
create view cash_collected_by_run as
with months as (
    select
        run_id,
        start_run_id,
        sum(paid_minor) + coalesce(
            sum(opening_minor) filter (where state_to = 'fully_recovered'), 0
        ) as paid_minor,
        sum(cash_minor) as cash_minor
    from transition_sums
    group by run_id, start_run_id
)

select
    months.run_id,
    months.start_run_id,
    checks.basis,
    months.paid_minor * 1.0 / runs.currency_scale as collected_at_least,
    months.cash_minor * 1.0 / runs.currency_scale as collected,
    before.paid_minor * 1.0 / runs.currency_scale as collected_at_least_before,
    before.cash_minor * 1.0 / runs.currency_scale as collected_before
from months
join runs using (run_id)
join balance_checks as checks using (run_id)
left join months as before on before.run_id = months.start_run_id;
