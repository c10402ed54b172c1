-- Grain: one row per run, loan and strong reason for its score, for the first
-- loans of the worklist. A contribution over zero raises the score. base and
-- rest belong to the loan: base + its contributions + rest is its score.
create view top_score_reasons_by_run as
select
    loans.run_id,
    loans.loan_id,
    reason.key + 1 as rank,
    reason.value ->> 'feature' as feature,
    reason.value ->> 'words' as words,
    reason.value ->> 'contribution' as contribution,
    decisions.risk_score,
    score_reasons.base,
    score_reasons.rest
from stg_loans as loans
join decisions using (snapshot_id)
join score_reasons using (snapshot_id)
join json_each(score_reasons.reasons) as reason;
