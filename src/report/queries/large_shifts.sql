-- What live loans differ much in, beyond chance, where a model is in use: its
-- score, and the three features that it surely rests on most.
select shifts.subject
from population_stability_by_run as shifts
join runs using (run_id)
where
    run_id = ?1
    and shifts.verdict = 'large shift'
    and not shifts.is_within_chance
    and runs.score_source <> 'policy'
    and (
        shifts.subject = 'risk_score'
        or shifts.subject in (
            select feature
            from feature_importance_by_run
            where run_id = ?1
                and coalesce(lower_95, importance) > 0
            order by position
            limit 3
        )
    )
order by shifts.position;
