-- Grain: one row per candidate of a run. calibration_intercept is the one with
-- the slope held at 1: calibration in the large. All are measured on the same
-- loans, none on loans that it was trained on.
create view model_comparison_by_run as
select
    models.run_id,
    models.model_id,
    models.kind as candidate,
    models.verdict,
    models.trained_loans,
    max(value) filter (where metric = 'loans') as judged_loans,
    max(value) filter (where metric = 'auc') as auc,
    max(lower_95) filter (where metric = 'auc') as auc_lower_95,
    max(upper_95) filter (where metric = 'auc') as auc_upper_95,
    max(value) filter (where metric = 'ks') as ks,
    max(value) filter (where metric = 'brier') as brier,
    max(value) filter (where metric = 'brier_skill') as brier_skill,
    max(value) filter (where metric = 'log_loss') as log_loss,
    max(value) filter (where metric = 'calibration_slope')
        as calibration_slope,
    max(value) filter (where metric = 'calibration_intercept')
        as calibration_intercept,
    max(value) filter (where metric = 'expected_calibration_error')
        as expected_calibration_error,
    models.is_accepted,
    models.is_in_use
from models
left join model_metrics using (model_id)
group by models.run_id, models.model_id;
