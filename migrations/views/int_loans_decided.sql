-- Grain: one row per run and loan, with its ratios, segment, scores and rule.
-- The balance at risk is score x balance, where the score is a probability:
-- points are a rank and overstate the loss several times. There is nothing to
-- do about a loan that is not live, so it has no rule.
create view int_loans_decided as
select
    loans.*,
    segments.name as segment,
    segments.position as segment_position,
    rules.strategy,
    rules.band as risk_band,
    rules.position as strategy_position,
    decisions.risk_score,
    decisions.policy_score,
    decisions.logistic_score,
    decisions.boosting_score,
    decisions.forest_score,
    case
        when loans.score_source is not 'policy'
            then decisions.risk_score * loans.outstanding_minor
    end as balance_at_risk_minor,
    decisions.worklist_place,
    decisions.is_high_risk,
    decisions.is_out_of_sample,
    rules.is_approval_needed
from int_loan_ratios as loans
left join decisions using (snapshot_id)
left join segments using (segment_id)
left join strategy_rules as rules
    on rules.rule_id = decisions.rule_id
    and loans.is_live;
