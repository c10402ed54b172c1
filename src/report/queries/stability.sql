-- The score first, then the features that differ most.
select
    subject, verdict, loans_with_outcome, open_loans, stability_index,
    by_chance
from population_stability_by_run
where run_id = ?1
order by subject <> 'risk_score', stability_index desc, position;
