select
    attribute, measure, higher_group, lower_group, difference, lower_95,
    upper_95, pairs_compared, is_within_chance
from fairness_differences
order by attribute desc, position;
