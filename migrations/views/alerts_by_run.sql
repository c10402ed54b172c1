-- Grain: one row per run, alert and group that has loans, with their balance;
-- alert_loans lists them. Only alerts about a branch or an officer have a group;
-- of others group_name is empty. The view uses windows instead of groups, since
-- SQLite pushes a condition on the run down only through windows.
create view alerts_by_run as
select distinct
    run_id,
    alert,
    group_name,
    count(*) over by_alert as loans,
    sum(outstanding) over by_alert as outstanding
from alert_loans_by_run
window by_alert as (partition by run_id, alert, group_name);
