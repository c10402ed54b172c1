-- A value that is the borrower's id, or that of a loan, says whose line it is;
-- an id that looks like no other value (?2) does so in any column.
insert or ignore into temp.erased_lines (run_id, line)
select run_id, line
from rejects
where (trim(value) = ?1 and (?2 or column_name = 'Borrower_ID'))
    or (
        column_name = 'Loan_ID'
        and trim(value) in (select loan_id from temp.erased_loan_ids)
    )
