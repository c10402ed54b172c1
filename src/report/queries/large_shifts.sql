-- What live loans differ much in, beyond chance, where a model is in use: its
-- score, and the three features that it surely rests on most.
select subject
from population_stability
where
    verdict = 'large shift'
    and not is_within_chance
    and (select score_source from shown_run) not in ('policy', 'none')
    and (
        subject = 'risk_score'
        or subject in (
            select feature
            from feature_importance
            where coalesce(lower_95, importance) > 0
            order by position
            limit 3
        )
    )
order by position;
