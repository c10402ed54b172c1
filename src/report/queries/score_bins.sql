select
    min(cast(risk_score * 20 as integer), 19) as bin,
    count(*) as loans,
    sum(is_live) as loans_to_collect,
    count(is_not_recovered) as loans_with_outcome,
    sum(is_not_recovered) as loans_not_recovered,
    sum(risk_score) filter (where is_not_recovered is not null)
        as sum_of_scores_with_outcome
from loans
where risk_score is not null
group by 1
order by 1;
