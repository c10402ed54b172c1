-- The ids of a borrower's loans, in any run.
select loan_id
from loan_register
where borrower_id = ?1
union
select loan_register.loan_id
from former_borrowers
join loan_register using (loan_key)
where former_borrowers.borrower_id = ?1
