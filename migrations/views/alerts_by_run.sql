-- Grain: one row a run and alert that has a loan, with what its loans owe.
-- alert_loans says which loans these are, and what each alert means. Windows, not
-- groups: SQLite hands a condition on the run down through them alone.
create view alerts_by_run as
select distinct
    run_id,
    alert,
    count(*) over by_alert as loans,
    sum(outstanding) over by_alert as outstanding
from alert_loans_by_run
window by_alert as (partition by run_id, alert);
