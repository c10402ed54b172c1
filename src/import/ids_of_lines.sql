-- The ids of the loans on these lines, given as a JSON array.
select
    loan_id,
    borrower_id,
    line
from loan_snapshots
where run_id = ?1
    and line in (select value from json_each(?2))
