select distinct lower_score
from strategy_rules
where run_id = ?1
    and lower_score is not null
order by lower_score desc;
