-- Each loan that was live in the compared run and is not in run ?1. The file
-- says what became of a loan that is still in it, and a list of closed loans of
-- one that is gone. Where neither does, a new
-- loan of the borrower that covers the balance says that it was refinanced, and
-- a balance of one last instalment, hardly late, that it was paid. Otherwise
-- nobody knows.
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
        before.loan_amount_minor,
        before.monthly_emi_minor,
        still.exit_reason,
        closed_loans.reason as closed_reason
    from pair
    cross join stg_loans as before on before.run_id = pair.compared_run_id
    left join loan_snapshots as still
        on still.run_id = pair.run_id
        and still.loan_key = before.loan_key
    left join closed_loans on closed_loans.loan_key = before.loan_key
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

found as materialized (
    select
        left_book.*,
        (
            select new_loans.loan_key
            from new_loans
            where new_loans.borrower_id = left_book.borrower_id
                and new_loans.loan_amount_minor
                >= 0.9 * left_book.outstanding_minor
            order by new_loans.loan_amount_minor desc, new_loans.loan_key
            limit 1
        ) as new_loan_key
    from left_book
),

reasoned as (
    select
        *,
        case
            when exit_reason is not null then exit_reason
            when closed_reason is not null then closed_reason
            when new_loan_key is not null then 'refinanced'
            when days_past_due <= 30
                and outstanding_minor <= max(
                    1.5 * coalesce(monthly_emi_minor, 0),
                    0.02 * coalesce(loan_amount_minor, 0)
                )
                then 'fully_recovered'
            else 'unknown'
        end as reason
    from found
)

select
    ?1,
    loan_key,
    reason,
    case
        when exit_reason is not null then 'stated'
        when closed_reason is not null then 'file'
        when reason = 'unknown' then 'unknown'
        else 'inferred'
    end,
    outstanding_minor,
    days_past_due,
    new_loan_key
from reasoned
