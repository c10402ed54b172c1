-- A loan without a borrower is the borrower's where its id is one of theirs.
insert into temp.erased_loans (snapshot_id)
select snapshot_id
from temp.owned_loans
where borrower_id = ?1
    or (
        borrower_id is null
        and loan_id in (select loan_id from temp.erased_loan_ids)
    )
