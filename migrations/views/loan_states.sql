-- Grain: one row per state that a loan of the live book comes from or goes to:
-- the arrears buckets, and what became of it where it left.
create view loan_states as
select
    cast(position as text) as state,
    position,
    bucket as label
from arrears_buckets
union all
values
('new', -2, 'New loans'),
('returned', -1, 'Loans back in the book'),
('fully_recovered', 6, 'Paid in full'),
('refinanced', 7, 'Refinanced'),
('partially_recovered', 8, 'Settled at a loss'),
('written_off', 9, 'Written off'),
('unknown', 10, 'Gone, reason unknown');
