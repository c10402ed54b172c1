-- Grain: one row a loan of a range of snapshots, in the order of its file.
select
    loan_id,
    outstanding_minor,
    days_past_due,
    is_closed,
    outstanding_minor > 0 and not is_closed as is_live
from loan_snapshots
where snapshot_id between ?1 and ?2
