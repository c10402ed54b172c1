-- How many details of loans no snapshot has.
select count(*)
from loan_details
where not exists (
    select 1
    from loan_snapshots as loans
    where loans.loan_key = loan_details.loan_key
        and loans.details_number = loan_details.details_number
)
