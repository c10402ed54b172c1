select
    features.*,
    loans.is_not_recovered,
    loans.gender,
    loans.borrower_id,
    case when loans.is_live
        then loans.outstanding_minor * 1.0 / loans.currency_scale
        else 0.0 end
        as to_collect
from loan_features_by_run as features
join stg_loans as loans using (run_id, snapshot_id)
where run_id = ?1
