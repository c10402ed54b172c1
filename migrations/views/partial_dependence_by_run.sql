-- Grain: one row per value of one of the main features of the model in use in a
-- run: the mean score if every loan had that value.
create view partial_dependence_by_run as
select
    models.run_id,
    dependences.feature,
    dependences.position,
    dependences.label,
    dependences.value,
    dependences.mean_score
from models
join partial_dependences as dependences using (model_id)
where models.is_in_use;
