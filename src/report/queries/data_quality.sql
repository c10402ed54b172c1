select position, column_name, loans, filled, missing, values_unreadable
from data_quality
order by position;
