-- Grain: one row an alert that has a loan, with what its loans owe. alert_loans
-- says which loans these are, and what each alert means.
create view alerts as
select
    alert,
    count(*) as loans,
    sum(outstanding) as outstanding
from alert_loans
group by alert;
