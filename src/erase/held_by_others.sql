-- Ids of the borrower's loans under which somebody else has a loan in some run.
select distinct loan_id
from temp.owned_loans
where loan_id in (select loan_id from temp.erased_loan_ids)
    and borrower_id <> ?1
