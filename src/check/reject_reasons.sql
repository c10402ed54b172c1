-- Why lines and fields were rejected, the most frequent reason first. Grain: one
-- row a column, reason and effect.
select
    column_name,
    reason,
    count(distinct line) as lines,
    is_row_left_out,
    min(line) as first_line
from rejects
group by column_name, reason, is_row_left_out
order by lines desc, first_line, reason
limit ?1
