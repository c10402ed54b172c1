-- Models of runs with categories among the lender's own columns: those may have
-- learnt texts.
select
    model_id,
    run_id,
    content
from models
where run_id in (select run_id from own_features where kind = 'category')
