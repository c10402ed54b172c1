select
    position, bucket, loans, outstanding, outstanding_percent,
    outstanding_before
from arrears_summary_by_run
where run_id = ?1
order by position;
