-- Each loan that was live in the compared run and is not in run ?1. The file
-- says what became of a loan that is still in it, and a list of closed loans of
-- one that is gone. One whose line could not be loaded is there, and nobody
-- knows more. A new loan of the borrower that covers the balance says that the
-- old one was refinanced, also where the file says that it was repaid: no cash
-- came. Of what a list of closed loans says, nothing is inferred. A new loan covers the largest balances first, and no last instalment,
-- after which borrowers take new loans as a matter of course. A balance of one
-- last instalment, hardly late, says that it was paid. Otherwise nobody knows.
insert into exits (
    run_id, loan_key, reason, basis, outstanding_minor, days_past_due,
    new_loan_key
)
with pair as materialized (
    select
        run_id,
        compared_run_id
    from compared_runs
    where run_id = ?1
),

panel as materialized (
    select panel_run_id as run_id
    from panel_of_run
    where run_id = ?1
        and panel_run_id <> ?1
),

left_book as materialized (
    select
        before.loan_key,
        before.borrower_id,
        before.outstanding_minor,
        before.days_past_due,
        before.outstanding_minor <= max(
            1.5 * coalesce(before.monthly_emi_minor, 0),
            0.02 * coalesce(before.loan_amount_minor, 0)
        )
        and before.days_past_due <= 30 as is_last_instalment,
        still.exit_reason,
        closed_loans.reason as closed_reason,
        still.snapshot_id is null
        and exists (
            select 1
            from rejects
            where rejects.run_id = pair.run_id
                and rejects.loan_key = before.loan_key
                and rejects.is_row_left_out
        ) as is_rejected
    from pair
    cross join stg_loans as before on before.run_id = pair.compared_run_id
    left join loan_snapshots as still
        on still.run_id = pair.run_id
        and still.loan_key = before.loan_key
    left join closed_loans
        on closed_loans.loan_key = before.loan_key
        -- The list speaks of the last time that the loan left.
        and not exists (
            select 1
            from loan_snapshots as later
            join runs as later_runs using (run_id)
            where later.loan_key = before.loan_key
                and later_runs.status = 'complete'
                and later_runs.as_of_date > (
                    select runs.as_of_date
                    from runs
                    where runs.run_id = ?1
                )
        )
    where before.is_live
        and (still.snapshot_id is null or not still.is_live)
),

new_loans as materialized (
    select
        loans.loan_key,
        loans.borrower_id,
        loans.loan_amount_minor
    from stg_loans as loans
    where loans.run_id = ?1
        and not exists (
            select 1
            from loan_snapshots as earlier
            where earlier.loan_key = loans.loan_key
                and earlier.run_id = (select pair.compared_run_id from pair)
        )
        and not exists (
            select 1
            from loan_snapshots as earlier
            join panel using (run_id)
            where earlier.loan_key = loans.loan_key
        )
        and exists (select 1 from left_book)
),

-- With what the borrower owed on it and on larger ones that may be refinanced.
ranked as materialized (
    select
        *,
        sum(outstanding_minor) filter (where may_be_refinanced) over (
            partition by borrower_id, may_be_refinanced
            order by outstanding_minor desc, loan_key
        ) as owed_minor
    from (
        select
            *,
            not is_last_instalment
            and not is_rejected
            and coalesce(exit_reason, 'fully_recovered')
            in ('fully_recovered', 'refinanced')
            and (
                exit_reason is not null
                or coalesce(closed_reason, 'refinanced') = 'refinanced'
            ) as may_be_refinanced
        from left_book
    )
),

found as materialized (
    select
        ranked.*,
        (
            select new_loans.loan_key
            from new_loans
            where new_loans.borrower_id = ranked.borrower_id
                and new_loans.loan_amount_minor >= 0.9 * ranked.owed_minor
            order by new_loans.loan_amount_minor desc, new_loans.loan_key
            limit 1
        ) as new_loan_key
    from ranked
),

reasoned as (
    select
        *,
        case
            when exit_reason is not null and new_loan_key is not null
                then 'refinanced'
            when exit_reason is not null then exit_reason
            when is_rejected then 'unknown'
            when closed_reason is not null then closed_reason
            when new_loan_key is not null then 'refinanced'
            when is_last_instalment then 'fully_recovered'
            else 'unknown'
        end as reason
    from found
)

select
    ?1,
    loan_key,
    reason,
    case
        when reason is exit_reason then 'stated'
        when is_rejected then 'rejected'
        when exit_reason is null and closed_reason is not null then 'file'
        when reason = 'unknown' then 'unknown'
        else 'inferred'
    end,
    outstanding_minor,
    days_past_due,
    new_loan_key
from reasoned
