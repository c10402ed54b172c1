select
    compared_as_of_date, score_source_before, score_source,
    outstanding_before, balance_at_risk_before,
    par30_percent_before, par90_percent_before,
    high_risk_loans_before, loans_new, new_outstanding, loans_gone,
    gone_outstanding, loans_closed, closed_outstanding, loans_written_off,
    written_off_outstanding, loans_worse, worse_outstanding, loans_better,
    better_outstanding
from portfolio_changes_by_run
where run_id = ?1;
