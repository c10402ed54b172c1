select subject, verdict, reason, auc_alone, lower_95, upper_95
from feature_audit_by_run
where run_id = ?1
order by position;
