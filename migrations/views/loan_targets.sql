-- Grain: one row a loan of the shown run. What the risk model learns: 1 for not
-- fully recovered, 0 for fully recovered, null where there is no outcome yet.
create view loan_targets as
select
    snapshot_id,
    case known_outcome
        when 'fully_recovered' then 0
        when 'partially_recovered' then 1
        when 'written_off' then 1
    end as is_not_recovered
from stg_loans;
