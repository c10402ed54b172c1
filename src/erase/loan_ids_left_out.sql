-- The ids of a borrower's loans that were left out.
select distinct trim(value) as loan_id
from rejects
where borrower_id = ?1
    and column_name = 'Loan_ID'
    and value is not null
