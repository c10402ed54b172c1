-- Independent loans for each loan of run ?1: a borrower's loans tell no
-- more than one of them. A loan without a borrower is another borrower's.
with borrowers as (
    select
        borrower_id,
        count(*) as loans
    from stg_loans
    where run_id = ?1
    group by borrower_id
)

select
    sum(loans) * 1.0
        / sum(iif(borrower_id is null, loans, loans * loans)) as independent
from borrowers;
