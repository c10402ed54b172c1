-- Ids of the borrower's loans under which somebody else has a loan in some run.
select distinct loan_id
from loan_snapshots
where loan_id in (select loan_id from temp.erased_loan_ids)
    and borrower_id <> ?1
