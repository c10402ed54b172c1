-- The status that most money was left unpaid under; partly recovered loans first.
select recovery_status
from stg_loans
where run_id = ?1
    and not is_live
    and outstanding_minor > 0
    and outcome in ('partially_recovered', 'written_off')
    and recovery_status is not null
group by recovery_status, outcome
order by outcome = 'written_off', sum(outstanding_minor) desc, recovery_status
limit 1;
