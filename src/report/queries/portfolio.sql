select
    loans, loans_scored, loans_to_collect, high_risk_loans, par30_loans,
    par90_loans, outstanding, outstanding_to_collect, balance_at_risk,
    high_risk_outstanding, par30_outstanding, par90_outstanding,
    par30_percent, par90_percent, as_of_date, currency_code
from portfolio;
