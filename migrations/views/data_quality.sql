-- Grain: one row an input column of the shown run: how many loans have a value,
-- how many have none, and how many of those had a value that could not be read.
create view data_quality as
with counts as materialized (
    select
        count(*) as loans,
        count(borrower_id) as borrower_id,
        count(age_years) as age_years,
        count(gender) as gender,
        count(employment_type) as employment_type,
        count(monthly_income_minor) as monthly_income_minor,
        count(dependents) as dependents,
        count(loan_id) as loan_id,
        count(loan_amount_minor) as loan_amount_minor,
        count(tenure_months) as tenure_months,
        count(interest_rate_percent) as interest_rate_percent,
        count(loan_type) as loan_type,
        count(collateral_value_minor) as collateral_value_minor,
        count(outstanding_minor) as outstanding_minor,
        count(monthly_emi_minor) as monthly_emi_minor,
        count(payment_history) as payment_history,
        count(missed_payments) as missed_payments,
        count(days_past_due) as days_past_due,
        count(recovery_status) as recovery_status,
        count(collection_attempts) as collection_attempts,
        count(collection_method) as collection_method,
        count(legal_action_taken) as legal_action_taken
    from stg_loans
),

columns as (
    select
        1 as position,
        'Borrower_ID' as column_name,
        loans,
        borrower_id as filled
    from counts
    union all
    select
        2 as position,
        'Age' as column_name,
        loans,
        age_years as filled
    from counts
    union all
    select
        3 as position,
        'Gender' as column_name,
        loans,
        gender as filled
    from counts
    union all
    select
        4 as position,
        'Employment_Type' as column_name,
        loans,
        employment_type as filled
    from counts
    union all
    select
        5 as position,
        'Monthly_Income' as column_name,
        loans,
        monthly_income_minor as filled
    from counts
    union all
    select
        6 as position,
        'Num_Dependents' as column_name,
        loans,
        dependents as filled
    from counts
    union all
    select
        7 as position,
        'Loan_ID' as column_name,
        loans,
        loan_id as filled
    from counts
    union all
    select
        8 as position,
        'Loan_Amount' as column_name,
        loans,
        loan_amount_minor as filled
    from counts
    union all
    select
        9 as position,
        'Loan_Tenure' as column_name,
        loans,
        tenure_months as filled
    from counts
    union all
    select
        10 as position,
        'Interest_Rate' as column_name,
        loans,
        interest_rate_percent as filled
    from counts
    union all
    select
        11 as position,
        'Loan_Type' as column_name,
        loans,
        loan_type as filled
    from counts
    union all
    select
        12 as position,
        'Collateral_Value' as column_name,
        loans,
        collateral_value_minor as filled
    from counts
    union all
    select
        13 as position,
        'Outstanding_Loan_Amount' as column_name,
        loans,
        outstanding_minor as filled
    from counts
    union all
    select
        14 as position,
        'Monthly_EMI' as column_name,
        loans,
        monthly_emi_minor as filled
    from counts
    union all
    select
        15 as position,
        'Payment_History' as column_name,
        loans,
        payment_history as filled
    from counts
    union all
    select
        16 as position,
        'Num_Missed_Payments' as column_name,
        loans,
        missed_payments as filled
    from counts
    union all
    select
        17 as position,
        'Days_Past_Due' as column_name,
        loans,
        days_past_due as filled
    from counts
    union all
    select
        18 as position,
        'Recovery_Status' as column_name,
        loans,
        recovery_status as filled
    from counts
    union all
    select
        19 as position,
        'Collection_Attempts' as column_name,
        loans,
        collection_attempts as filled
    from counts
    union all
    select
        20 as position,
        'Collection_Method' as column_name,
        loans,
        collection_method as filled
    from counts
    union all
    select
        21 as position,
        'Legal_Action_Taken' as column_name,
        loans,
        legal_action_taken as filled
    from counts
),

unreadable as (
    select column_name, count(*) as values_unreadable
    from rejects
    where run_id = (select run_id from shown_run)
        and not is_row_left_out
    group by column_name
)

select
    columns.position,
    columns.column_name,
    columns.loans,
    columns.filled,
    columns.loans - columns.filled as missing,
    coalesce(unreadable.values_unreadable, 0) as values_unreadable,
    (columns.loans - columns.filled) * 100.0 / nullif(columns.loans, 0)
        as missing_percent
from columns
left join unreadable using (column_name);
