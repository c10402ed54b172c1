-- Grain: one row a value of one of the weightiest features of the model in use
-- in the shown run: the mean score if every loan had that value.
create view partial_dependence as
select
    dependences.feature,
    dependences.position,
    dependences.label,
    dependences.value,
    dependences.mean_score
from shown_run
join models using (run_id)
join partial_dependences as dependences using (model_id)
where models.is_in_use;
