select
    candidate, verdict, trained_loans, judged_loans, auc, auc_lower_95,
    auc_upper_95, ks, brier, brier_skill, log_loss, calibration_slope,
    calibration_intercept, expected_calibration_error, is_accepted, is_in_use
from model_comparison_by_run
where run_id = ?1
order by model_id;
