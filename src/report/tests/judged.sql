-- What a run finds out about its candidates, for the run 7 of a fixture with a
-- forest as model 1.
update models
set
    is_in_use = 1,
    is_accepted = 1,
    parameters = '{"trees":200,"leaf":5,"features_per_split":4}',
    feature_names = '["age_years","monthly_income","days_past_due","burden"]',
    trained_loans = 1204,
    calibration = '{"isotonic":12}',
    verdict = 'The random forest accepted; AUC 0.842 (0.819 to 0.865), Brier score 0.1491, 0.0921 (0.0830 to 0.1012) below that of the base rate and 0.0306 (0.0231 to 0.0381) below that of the policy score (95 % intervals, paired bootstrap).'
where model_id = 1;

insert into models (
    model_id, run_id, kind, version, parameters, feature_names, trained_loans,
    content, is_in_use, is_accepted, verdict, calibration
)
values
(
    2, 7, 'logistic', 1, '{"l2":1.0}', '["days_past_due"]', 1204, x'00', 0, 1,
    'The logistic regression accepted; AUC 0.831 (0.807 to 0.855), Brier score 0.1533.', '{}'
),
(
    3, 7, 'policy', 1, '{}', '["days_past_due"]', 0, x'', 0, 0,
    'The rules that a model has to beat.', '{}'
);

update runs
set gate_reason = 'The scores are those of the random forest, because on 1,204 finished loans that it had not seen it put a loan that was not fully recovered above one that was 84 times in 100 (chance alone: 50), and came 17 % closer to what happened than the policy points, 38 % closer than the same risk for every loan.';

delete from model_metrics;

insert into model_metrics (model_id, metric, value, lower_95, upper_95)
values
(1, 'auc', 0.842, 0.819, 0.865),
(1, 'ks', 0.537, null, null),
(1, 'brier', 0.1491, 0.1402, 0.1580),
(1, 'brier_base_rate', 0.2412, null, null),
(1, 'brier_skill', 0.3818, 0.3444, 0.4191),
(1, 'log_loss', 0.4573, null, null),
(1, 'calibration_slope', 0.98, 0.87, 1.09),
(1, 'calibration_intercept', 0.01, -0.13, 0.15),
(1, 'expected_calibration_error', 0.0213, null, null),
(1, 'loans', 1204, null, null),
(1, 'not_recovered', 489, null, null),
(1, 'picture_explained', 0.713, null, null),
(1, 'true_positives@0.75', 231, null, null),
(1, 'false_positives@0.75', 34, null, null),
(1, 'true_negatives@0.75', 681, null, null),
(1, 'false_negatives@0.75', 258, null, null),
(1, 'true_positives@0.50', 362, null, null),
(1, 'false_positives@0.50', 129, null, null),
(1, 'true_negatives@0.50', 586, null, null),
(1, 'false_negatives@0.50', 127, null, null),
(2, 'auc', 0.831, 0.807, 0.855),
(2, 'ks', 0.511, null, null),
(2, 'brier', 0.1533, null, null),
(2, 'brier_skill', 0.3644, null, null),
(2, 'log_loss', 0.4702, null, null),
(2, 'calibration_slope', 1.03, null, null),
(2, 'calibration_intercept', -0.02, null, null),
(2, 'expected_calibration_error', 0.0254, null, null),
(2, 'loans', 1204, null, null),
(3, 'auc', 0.781, 0.754, 0.808),
(3, 'ks', 0.433, null, null),
(3, 'brier', 0.1797, null, null),
(3, 'brier_skill', 0.2550, null, null),
(3, 'log_loss', 0.5441, null, null),
(3, 'calibration_slope', 0.71, null, null),
(3, 'calibration_intercept', 0.42, null, null),
(3, 'expected_calibration_error', 0.0912, null, null),
(3, 'loans', 1204, null, null),
(3, 'not_recovered', 489, null, null);

insert into model_deciles (model_id, decile, loans, not_recovered, mean_score)
values
(1, 1, 121, 117, 0.93), (1, 2, 120, 98, 0.81), (1, 3, 120, 81, 0.68),
(1, 4, 121, 62, 0.52), (1, 5, 120, 48, 0.40), (1, 6, 120, 33, 0.29),
(1, 7, 121, 22, 0.19), (1, 8, 120, 15, 0.12), (1, 9, 120, 9, 0.07),
(1, 10, 121, 4, 0.03);

insert into feature_importances (
    model_id, position, feature, importance, lower_95, upper_95
)
values
(1, 1, 'days_past_due', 0.0412, 0.0361, 0.0463),
(1, 2, 'missed_payments', 0.0287, 0.0241, 0.0333),
(1, 3, 'burden', 0.0121, 0.0092, 0.0150),
(1, 4, 'branch', 0.0044, 0.0021, 0.0067),
(1, 5, 'coverage', 0.0031, 0.0012, 0.0050),
(1, 6, 'share_owed', 0.0011, -0.0003, 0.0025),
(1, 7, 'monthly_income', 0.0004, -0.0007, 0.0015),
(1, 8, 'years_at_the_present_address', -0.0002, -0.0009, 0.0005);

insert into partial_dependences (
    model_id, feature, position, value, label, mean_score
)
values
(1, 'days_past_due', 1, 0, null, 0.31),
(1, 'days_past_due', 2, 12, null, 0.36),
(1, 'days_past_due', 3, 34, null, 0.44),
(1, 'days_past_due', 4, 61, null, 0.58),
(1, 'days_past_due', 5, 95, null, 0.69),
(1, 'days_past_due', 6, 168, null, 0.74),
(1, 'missed_payments', 1, 0, null, 0.33),
(1, 'missed_payments', 2, 1, null, 0.35),
(1, 'missed_payments', 3, 3, null, 0.43),
(1, 'missed_payments', 4, 6, null, 0.57),
(1, 'missed_payments', 5, 9, null, 0.61),
(1, 'burden', 1, 0.08, null, 0.36),
(1, 'burden', 2, 0.21, null, 0.38),
(1, 'burden', 3, 0.43, null, 0.42),
(1, 'burden', 4, 0.77, null, 0.51),
(1, 'branch', 1, 0, 'Harbour', 0.38),
(1, 'branch', 2, 1, 'Market Street', 0.41),
(1, 'branch', 3, 2, 'Old Town', 0.47);

insert into picture_nodes (
    run_id, node, feature, threshold, loans, mean_score
)
values
(7, 1, 'days_past_due', 34.5, 2000, 0.41),
(7, 2, 'missed_payments', 2.5, 1391, 0.25),
(7, 3, 'burden', 0.4127, 609, 0.77),
(7, 4, 'burden', 0.5511, 1010, 0.17),
(7, 5, 'days_past_due', 12.5, 381, 0.46),
(7, 6, 'missed_payments', 4.5, 322, 0.67),
(7, 7, null, null, 287, 0.88),
(7, 8, null, null, 870, 0.14),
(7, 9, null, null, 140, 0.36),
(7, 10, null, null, 240, 0.38),
(7, 11, null, null, 141, 0.60),
(7, 12, null, null, 204, 0.58),
(7, 13, null, null, 118, 0.82);

insert into audit_findings (
    run_id, position, subject, verdict, reason, auc_alone, lower_95, upper_95
)
values
(7, 1, 'Collection_Attempts', 'barred', 'written after the outcome', 0.93, 0.91, 0.95),
(7, 2, 'Legal_Action_Taken', 'barred', 'written after the outcome', 0.88, 0.86, 0.90),
(7, 3, 'Gender', 'barred', 'never a feature', null, null, null),
(7, 4, 'branch', 'warned', 'all 14 loans of “Closed Office” were not recovered', 0.58, 0.55, 0.61),
(7, 5, 'days_past_due', 'used', '', 0.74, 0.71, 0.77),
(7, 6, 'missed_payments', 'used', '', 0.70, 0.67, 0.73),
(7, 7, 'burden', 'used', '', 0.61, 0.58, 0.64);

insert into fairness_groups (
    run_id, attribute, position, name, loans, not_recovered, flagged, measures
)
values
(
    7, 'gender', 1, 'Female', 571, 220, 229,
    '{"share_flagged":{"of":100,"share":{"value":0.401,"lower":0.362,"upper":0.442}},"true_positive_rate":{"of":100,"share":{"value":0.741,"lower":0.679,"upper":0.794}},"false_positive_rate":{"of":100,"share":{"value":0.188,"lower":0.151,"upper":0.232}},"observed_share":{"of":100,"share":{"value":0.385,"lower":0.346,"upper":0.426}},"mean_score":0.391}'
),
(
    7, 'gender', 2, 'Male', 619, 264, 258,
    '{"share_flagged":{"of":100,"share":{"value":0.417,"lower":0.379,"upper":0.456}},"true_positive_rate":{"of":100,"share":{"value":0.739,"lower":0.683,"upper":0.788}},"false_positive_rate":{"of":100,"share":{"value":0.177,"lower":0.141,"upper":0.221}},"observed_share":{"of":100,"share":{"value":0.426,"lower":0.388,"upper":0.466}},"mean_score":0.418}'
),
(
    7, 'gender', 3, 'Other', 14, 5, 4,
    '{"share_flagged":{"of":100,"share":null},"true_positive_rate":{"of":100,"share":null},"false_positive_rate":{"of":100,"share":null},"observed_share":{"of":100,"share":null},"mean_score":0.37}'
),
(
    7, 'age band', 1, 'under 30', 301, 131, 134,
    '{"share_flagged":{"of":100,"share":{"value":0.445,"lower":0.390,"upper":0.502}},"true_positive_rate":{"of":100,"share":{"value":0.756,"lower":0.676,"upper":0.821}},"false_positive_rate":{"of":100,"share":{"value":0.206,"lower":0.152,"upper":0.273}},"observed_share":{"of":100,"share":{"value":0.435,"lower":0.380,"upper":0.492}},"mean_score":0.428}'
),
(
    7, 'age band', 2, '30 to 44', 903, 358, 357,
    '{"share_flagged":{"of":100,"share":{"value":0.395,"lower":0.364,"upper":0.428}},"true_positive_rate":{"of":100,"share":{"value":0.735,"lower":0.687,"upper":0.778}},"false_positive_rate":{"of":100,"share":{"value":0.172,"lower":0.143,"upper":0.206}},"observed_share":{"of":100,"share":{"value":0.396,"lower":0.365,"upper":0.429}},"mean_score":0.401}'
);

insert into group_differences (
    run_id, attribute, position, measure, higher, lower, difference, lower_95,
    upper_95, pairs, includes_zero
)
values
(7, 'gender', 1, 'share_flagged', 'Male', 'Female', 0.016, -0.040, 0.072, 1, 1),
(7, 'gender', 2, 'true_positive_rate', 'Female', 'Male', 0.0, -0.08, 0.08, 1, 1),
(7, 'gender', 3, 'false_positive_rate', null, null, null, null, null, 0, null),
(7, 'gender', 4, 'calibration_gap', 'Male', 'Female', 0.114, 0.011, 0.217, 3, 0);

insert into group_actions (
    run_id, attribute, position, name, loans, flagged, share, lower_95, upper_95
)
values
(7, 'gender', 1, 'Female', 212, 53, 0.25, 0.196, 0.312),
(7, 'gender', 2, 'Other', 9, 1, null, null, null);

insert into population_shifts (
    run_id, position, subject, verdict, loans_with_outcome, open_loans, bins,
    index_value, by_chance
)
values
(7, 1, 'risk_score', 'stable', 1204, 796, 10, 0.041, 0.035),
(7, 2, 'burden', 'stable', 1204, 796, 10, 0.012, 0.035),
(7, 3, 'days_past_due', 'large shift', 1204, 796, 10, 0.4127, 0.035),
(7, 4, 'branch', 'some shift', 1204, 796, 60, 0.12, 0.161);

insert into score_reasons (
    snapshot_id, raised_by, lowered_by, reasons, base, rest
)
select
    snapshot_id,
    days_past_due || ' days past due; EMI takes 61% of income; 7 of 36 payments missed',
    'loan of 50,000',
    '[{"feature":"days_past_due","contribution":0.3,"words":"94 days past due"},{"feature":"loan_amount","contribution":-0.1,"words":"loan of 50,000"}]',
    0.4,
    0.05
from loan_snapshots
where snapshot_id > 10;

insert into policy_points (run_id, position, measure, lower_bound, points)
values
(7, 1, 'days_past_due', null, 0), (7, 2, 'days_past_due', 0, 0),
(7, 3, 'days_past_due', 1, 10), (7, 4, 'days_past_due', 31, 25),
(7, 5, 'days_past_due', 91, 40), (7, 6, 'missed_payments', 0, 0),
(7, 7, 'missed_payments', 3, 15), (7, 8, 'burden', 0.5, 12.5);
