select
    loans, loans_scored, live_loans, closed_loans, written_off_loans,
    high_risk_loans, par30_loans, par90_loans, outstanding, closed_outstanding,
    written_off_outstanding, balance_at_risk, high_risk_outstanding,
    par30_outstanding, par90_outstanding, par30_percent, par90_percent,
    as_of_date, currency_code
from portfolio_by_run
where run_id = ?1;
