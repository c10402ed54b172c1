-- Grain: one row a metric of a model of the shown run.
create view model_card as
select
    models.model_id,
    models.kind,
    models.version,
    models.parameters,
    models.feature_names,
    model_metrics.metric,
    models.trained_loans,
    model_metrics.value,
    model_metrics.lower_95,
    model_metrics.upper_95
from shown_run
join models using (run_id)
join model_metrics using (model_id);
