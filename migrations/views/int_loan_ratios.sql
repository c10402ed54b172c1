-- Grain: one row per run and loan, with the ratios beside the fields they are
-- made of. A ratio is null where either side is missing or its denominator is
-- not positive.
create view int_loan_ratios as
select
    loans.*,
    case when monthly_income_minor > 0
        then monthly_emi_minor * 1.0 / monthly_income_minor end
        as burden,
    case when outstanding_minor > 0
        then collateral_value_minor * 1.0 / outstanding_minor end
        as coverage,
    case when loan_amount_minor > 0
        then outstanding_minor * 1.0 / loan_amount_minor end
        as share_owed,
    case when tenure_months > 0
        then missed_payments * 1.0 / tenure_months end
        as missed_share,
    (
        select buckets.position
        from arrears_buckets as buckets
        where buckets.first_day <= loans.days_past_due
        order by buckets.first_day desc
        limit 1
    ) as dpd_bucket,
    collateral_value_minor > 0 as is_secured
from stg_loans as loans;
