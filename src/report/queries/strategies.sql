select
    position, strategy, risk_band, loans, outstanding, balance_at_risk,
    is_approval_needed, is_on_worklist
from strategy_summary_by_run
where run_id = ?1
order by position;
