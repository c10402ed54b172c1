-- Grain: one row per run and pair of states that live loans went through in the
-- month up to it. Of the loans of a state at the start, share_percent is the
-- share that went to the other, with its 95 % interval where there are at least
-- 20; outstanding_percent is the same of their balance at the start. Loans that
-- came in the month have no share: they were not there to move.
create view roll_rates_by_run as
select
    sums.run_id,
    sums.start_run_id,
    before.position as position_from,
    before.label as state_from,
    now.position as position_to,
    now.label as state_to,
    sums.loans,
    sums.opening_minor * 1.0 / runs.currency_scale as opening,
    sums.closing_minor * 1.0 / runs.currency_scale as closing,
    case when before.position >= 0
        then sums.loans * 100.0 / sum(sums.loans) over by_state end
        as share_percent,
    sums.lower_95 * 100 as lower_95_percent,
    sums.upper_95 * 100 as upper_95_percent,
    case when before.position >= 0
        then sums.opening_minor * 100.0
            / sum(sums.opening_minor) over by_state end
        as outstanding_percent,
    sums.balance_lower_95 * 100 as outstanding_lower_95_percent,
    sums.balance_upper_95 * 100 as outstanding_upper_95_percent
from transition_sums as sums
join runs using (run_id)
join loan_states as before on before.state = sums.state_from
join loan_states as now on now.state = sums.state_to
window by_state as (partition by sums.run_id, sums.state_from);
