-- Grain: one row per run and loan that was live in the compared run and is not
-- any more. Where neither the file (basis stated) nor a list of closed loans
-- (file) says what became of it, a new loan of the borrower that covers the
-- balance, or a balance of hardly more than an instalment, is evidence
-- (inferred); one whose line could not be loaded is in the file (rejected);
-- without any, the reason is unknown. is_evergreened: it was late, and a new loan
-- of the borrower covers it. returned_in_run_id is the next run in which it is
-- live again.
create view loan_exits_by_run as
select
    exits.run_id,
    register.loan_id,
    register.borrower_id,
    exits.reason,
    exits.basis,
    exits.outstanding_minor * 1.0 / runs.currency_scale as outstanding,
    exits.days_past_due,
    exits.new_loan_key is not null and exits.days_past_due > 0
        as is_evergreened,
    covering.loan_id as new_loan_id,
    (
        select again.run_id
        from loan_snapshots as again
        join panel_dates as panel using (run_id)
        where again.loan_key = exits.loan_key
            and again.is_live
            and panel.as_of_date > runs.as_of_date
        order by panel.as_of_date
        limit 1
    ) as returned_in_run_id
from exits
join runs using (run_id)
join loan_register as register using (loan_key)
left join loan_register as covering
    on covering.loan_key = exits.new_loan_key;
