select position, feature, importance, lower_95, upper_95
from feature_importance
order by position
limit 15;
