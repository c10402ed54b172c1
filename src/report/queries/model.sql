select kind, version, trained_loans, metric, value, lower_95, upper_95
from model_card
where model_id = (select min(model_id) from model_card)
order by metric;
