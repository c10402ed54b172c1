select section, item, value, lower_95, upper_95
from model_card_by_run
where run_id = ?1
order by position, item;
