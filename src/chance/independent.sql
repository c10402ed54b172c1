-- Independent loans for each loan of run ?1: a borrower's loans tell no
-- more than one of them. A loan without a borrower is another borrower's.
with borrowers as (
    select count(*) as loans
    from stg_loans
    where run_id = ?1
        and borrower_id is not null
    group by borrower_id
),

sums as (
    select
        sum(loans) as loans,
        sum(loans * loans) as squares
    from borrowers
),

alone as (
    select count(*) as loans
    from stg_loans
    where run_id = ?1
        and borrower_id is null
)

select
    (coalesce(sums.loans, 0) + alone.loans) * 1.0
        / nullif(coalesce(sums.squares, 0) + alone.loans, 0) as independent
from sums
cross join alone;
