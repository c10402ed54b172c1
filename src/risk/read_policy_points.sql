select
    snapshot_id,
    days_past_due_points,
    missed_payments_points,
    burden_points,
    coverage_points,
    share_owed_points
from policy_scores
