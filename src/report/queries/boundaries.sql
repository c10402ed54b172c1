select distinct lower_score
from strategy_rules
where run_id = (select run_id from shown_run)
    and lower_score is not null
order by lower_score desc;
