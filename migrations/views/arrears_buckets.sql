-- Grain: one row per bucket of days past due, those of the first and the last
-- day included.
create view arrears_buckets as
select
    column1 as position,
    column2 as bucket,
    column3 as first_day,
    column4 as last_day
from (
    values
    (0, 'Current', -1000000000, 0),
    (1, '1 to 30', 1, 30),
    (2, '31 to 60', 31, 60),
    (3, '61 to 90', 61, 90),
    (4, '91 to 180', 91, 180),
    (5, 'Over 180', 181, 1000000000)
);
