-- Grain: one row per column or feature of a run that the leak audit looked at:
-- used, used with a warning, barred, or refused. The AUC is that of the feature
-- alone; 0.5 is chance.
create view feature_audit_by_run as
select
    audit_findings.run_id,
    audit_findings.position,
    audit_findings.subject,
    audit_findings.verdict,
    audit_findings.reason,
    audit_findings.auc_alone,
    audit_findings.lower_95,
    audit_findings.upper_95
from audit_findings;
