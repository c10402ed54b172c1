select
    dependence.feature, dependence.label, dependence.value,
    dependence.mean_score
from partial_dependence as dependence
left join feature_importance as importance using (feature)
order by importance.position, dependence.feature, dependence.position;
