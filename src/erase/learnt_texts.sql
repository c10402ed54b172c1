-- Models that learnt from texts of the lender's own columns.
select model_id, content
from models
where run_id in (select run_id from own_features where kind = 'category')
