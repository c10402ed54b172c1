-- Why lines were left out, the most frequent reason first; ragged lines are one
-- reason, whatever their width.
select
    column_name,
    case when reason like '% fields where %'
        then 'not as many fields as the header'
        when reason like '% fields cannot be read: %'
        then 'several fields cannot be read: the line is shifted or damaged'
        else reason
    end as reason_kind,
    count(*) as lines,
    min(line) as first_line
from rejects
where run_id = ?1
    and is_row_left_out
group by column_name, reason_kind
order by lines desc, first_line
limit ?2
