-- Grain: one row a model, feature and label of its curves that holds a text.
select distinct
    models.model_id,
    models.run_id,
    partial_dependences.feature,
    partial_dependences.label
from partial_dependences
join models using (model_id)
where instr(partial_dependences.label, ?1) > 0
