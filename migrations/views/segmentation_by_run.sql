-- Grain: one row per complete run: in which run its segments were learnt, why if
-- it was this one, and how many of the loans that are live in it and were live in
-- the compared run moved to another segment since; null where there are none.
create view segmentation_by_run as
select
    segmentations.run_id,
    segmentations.learnt_run_id,
    segmentations.learnt_because,
    segmentations.definition_sha256,
    segmentations.loans_compared,
    segmentations.loans_moved,
    learnt.as_of_date as learnt_as_of_date,
    earlier.as_of_date as compared_as_of_date
from segmentations
join runs as learnt on learnt.run_id = segmentations.learnt_run_id
join compared_runs on compared_runs.run_id = segmentations.run_id
left join runs as earlier on earlier.run_id = compared_runs.compared_run_id;
