-- Grain: one row a loan of the shown run. What the risk model learns: 1 for not
-- fully recovered, 0 for fully recovered, null where there is no outcome yet.
create view loan_targets as
select
    snapshot_id,
    is_not_recovered
from stg_loans;
