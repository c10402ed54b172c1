select
    payment_history,
    count(*) as loans,
    count(*) filter (where outcome = 'fully_recovered') as fully_recovered,
    count(*) filter (where outcome = 'partially_recovered')
        as partially_recovered,
    count(*) filter (where outcome = 'written_off') as written_off,
    count(*) - count(is_not_recovered) as no_outcome
from loans_by_run
where run_id = ?1
    and payment_history is not null
group by payment_history
order by loans desc, payment_history
limit 6;
