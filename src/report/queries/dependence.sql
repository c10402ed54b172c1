select
    dependence.feature, dependence.label, dependence.value,
    dependence.mean_score
from partial_dependence_by_run as dependence
left join feature_importance_by_run as importance using (run_id, feature)
where run_id = ?1
order by importance.position, dependence.feature, dependence.position;
