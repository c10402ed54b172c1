-- Grain: one row a feature (with its other forms) of the model in use in the
-- shown run, the weightiest first: how much the mean squared error grows when
-- its values are shuffled.
create view feature_importance as
select
    importances.position,
    importances.feature,
    importances.importance,
    importances.lower_95,
    importances.upper_95
from shown_run
join models using (run_id)
join feature_importances as importances using (model_id)
where models.is_in_use;
