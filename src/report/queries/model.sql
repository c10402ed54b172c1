select section, item, value, lower_95, upper_95
from model_card
order by position, item;
