-- Grain: one row a tenth of the loans with an outcome, by the score in use, the
-- highest first. Lift is the tenth's share not recovered against that of all.
create view score_deciles as
select
    deciles.decile,
    deciles.loans,
    deciles.not_recovered,
    deciles.mean_score,
    deciles.not_recovered * 1.0 / deciles.loans as share_not_recovered,
    deciles.not_recovered * 1.0 / deciles.loans
        / (sum(deciles.not_recovered) over () * 1.0
            / sum(deciles.loans) over ()) as lift,
    sum(deciles.not_recovered) over (order by deciles.decile) * 1.0
        / sum(deciles.not_recovered) over () as share_caught
from shown_run
join models using (run_id)
join model_deciles as deciles using (model_id)
where models.is_in_use;
