-- Every loan of a small book; of a large one, every so many-th line of the file.
with steps as (
    select
        count(*) as loans,
        max(1, (count(*) + 699) / 700) as step,
        avg(loan_amount) as average_amount,
        avg(monthly_income) as average_income
    from loans
    where loan_amount is not null and monthly_income is not null
)

select
    steps.loans as loans_in_all,
    steps.average_amount,
    steps.average_income,
    loans.loan_amount,
    loans.monthly_income,
    loans.outcome,
    loans.segment
from steps
cross join loans
where loans.loan_amount is not null
    and loans.monthly_income is not null
    and loans.file_line % steps.step = 0
order by loans.loan_id
limit 1000;
