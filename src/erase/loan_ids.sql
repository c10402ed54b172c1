-- The ids of a borrower's loans, in any run.
select distinct loan_id
from loan_snapshots
where borrower_id = ?1
