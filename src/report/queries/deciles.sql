select
    decile, loans, not_recovered, mean_score, share_not_recovered, lift,
    share_caught
from score_deciles_by_run
where run_id = ?1
order by decile;
