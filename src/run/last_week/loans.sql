-- Grain: one row a loan of a range of snapshots, in the order of its file.
select
    register.loan_id,
    loans.outstanding_minor,
    loans.days_past_due,
    loans.is_closed,
    loans.is_live
from loan_snapshots as loans
join loan_register as register using (loan_key)
where loans.snapshot_id between ?1 and ?2
