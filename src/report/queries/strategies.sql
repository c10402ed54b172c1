select
    position, strategy, risk_band, loans, outstanding, balance_at_risk,
    is_approval_needed
from strategy_summary
order by position;
