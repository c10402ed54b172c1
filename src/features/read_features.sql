select
    loan_features.*,
    loan_targets.is_not_recovered
from loan_features
join loan_targets using (snapshot_id)
