-- Grain: one row per feature (with its other forms) of the model in use in a
-- run, the most important first: how much the mean squared error grows when its
-- values are shuffled.
create view feature_importance_by_run as
select
    models.run_id,
    importances.position,
    importances.feature,
    importances.importance,
    importances.lower_95,
    importances.upper_95
from models
join feature_importances as importances using (model_id)
where models.is_in_use;
