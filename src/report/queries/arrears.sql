select
    position, bucket, loans, outstanding, outstanding_percent,
    outstanding_before
from arrears_summary
order by position;
