-- Grain: one row per decile of the score in use, over loans with an outcome,
-- the highest first. Lift is the share not recovered of the decile ÷ that of
-- all.
create view score_deciles_by_run as
select
    models.run_id,
    deciles.decile,
    deciles.loans,
    deciles.not_recovered,
    deciles.mean_score,
    deciles.not_recovered * 1.0 / deciles.loans as share_not_recovered,
    deciles.not_recovered * 1.0 / deciles.loans
        / (sum(deciles.not_recovered) over by_run * 1.0
            / sum(deciles.loans) over by_run) as lift,
    sum(deciles.not_recovered) over (
        partition by models.run_id
        order by deciles.decile
    ) * 1.0
        / sum(deciles.not_recovered) over by_run as share_caught
from models
join model_deciles as deciles using (model_id)
where models.is_in_use
window by_run as (partition by models.run_id);
