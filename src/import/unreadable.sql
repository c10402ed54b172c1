-- Values that could not be read, by column: how many, the first line, and the
-- most frequent reason with its own count. Grain: one row a column and reason,
-- the most frequent first.
select
    column_name,
    reason,
    count(*) as lines,
    min(line) as first_line,
    min(value) as least_value,
    max(value) as greatest_value
from rejects
where run_id = ?1
    and column_name is not null
group by column_name, reason
order by column_name, lines desc, first_line
