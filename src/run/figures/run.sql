-- The whole book of run ?1, in minor units; ?2 is its share of independent loans.
insert into run_summaries (
    run_id, loans, loans_scored, live_loans, closed_loans, written_off_loans,
    high_risk_loans, par30_loans, par90_loans, outstanding_minor, closed_minor,
    written_off_minor, at_risk_minor, high_risk_minor, par30_minor, par90_minor,
    independent_share
)
select
    ?1,
    count(*),
    count(risk_score),
    count(*) filter (where is_live),
    count(*) filter (where not is_live and known_outcome <> 'written_off'),
    count(*) filter (where not is_live and known_outcome = 'written_off'),
    count(*) filter (where is_live and is_high_risk),
    count(*) filter (where is_live and days_past_due > 30),
    count(*) filter (where is_live and days_past_due > 90),
    coalesce(sum(outstanding_minor) filter (where is_live), 0),
    coalesce(
        sum(outstanding_minor)
            filter (where not is_live and known_outcome <> 'written_off'),
        0
    ),
    coalesce(
        sum(outstanding_minor)
            filter (where not is_live and known_outcome = 'written_off'),
        0
    ),
    sum(balance_at_risk_minor) filter (where is_live),
    coalesce(
        sum(outstanding_minor) filter (where is_live and is_high_risk), 0
    ),
    coalesce(
        sum(outstanding_minor) filter (where is_live and days_past_due > 30), 0
    ),
    coalesce(
        sum(outstanding_minor) filter (where is_live and days_past_due > 90), 0
    ),
    ?2
from int_loans_decided
where run_id = ?1
