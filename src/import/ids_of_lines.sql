-- The ids of the loans on these lines, given as a JSON array, from this snapshot
-- on.
select
    register.loan_id,
    register.borrower_id,
    loans.line
from loan_snapshots as loans
join loan_register as register using (loan_key)
where loans.snapshot_id >= ?1
    and loans.line in (select value from json_each(?2))
