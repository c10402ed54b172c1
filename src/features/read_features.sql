select
    loan_features.*,
    loan_targets.is_not_recovered,
    loans.gender,
    loans.borrower_id,
    case when loans.is_live
        then loans.outstanding_minor * 1.0 / loans.currency_scale
        else 0.0 end
        as to_collect
from loan_features
join loan_targets using (snapshot_id)
join stg_loans as loans using (snapshot_id)
