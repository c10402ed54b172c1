select subject, verdict, reason, auc_alone, lower_95, upper_95
from feature_audit
order by position;
