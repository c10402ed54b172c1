-- Below node n lie 2n, the loans with at most the threshold, and 2n + 1.
select node, feature, threshold, loans, mean_score
from picture_nodes
where run_id = ?1
order by node;
