-- Grain: one row per run and input column: how many loans have a value, how
-- many have none, and how many of those had a value that could not be read.
create view data_quality_by_run as
with counts as (
    select
        run_id,
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
        count(legal_action_taken) as legal_action_taken,
        count(disbursed_on) as disbursed_on,
        count(branch) as branch,
        count(officer) as officer,
        count(product) as product,
        count(maturity_date) as maturity_date
    from stg_loans
    group by run_id
),

columns (position, column_name) as (
    values
    (1, 'Borrower_ID'),
    (2, 'Age'),
    (3, 'Gender'),
    (4, 'Employment_Type'),
    (5, 'Monthly_Income'),
    (6, 'Num_Dependents'),
    (7, 'Loan_ID'),
    (8, 'Loan_Amount'),
    (9, 'Loan_Tenure'),
    (10, 'Interest_Rate'),
    (11, 'Loan_Type'),
    (12, 'Collateral_Value'),
    (13, 'Outstanding_Loan_Amount'),
    (14, 'Monthly_EMI'),
    (15, 'Payment_History'),
    (16, 'Num_Missed_Payments'),
    (17, 'Days_Past_Due'),
    (18, 'Recovery_Status'),
    (19, 'Collection_Attempts'),
    (20, 'Collection_Method'),
    (21, 'Legal_Action_Taken'),
    (22, 'Disbursed_On'),
    (23, 'Branch'),
    (24, 'Officer'),
    (25, 'Product'),
    (26, 'Maturity_Date')
),

filled as (
    select
        counts.run_id,
        counts.loans,
        columns.position,
        columns.column_name,
        case columns.column_name
            when 'Borrower_ID' then counts.borrower_id
            when 'Age' then counts.age_years
            when 'Gender' then counts.gender
            when 'Employment_Type' then counts.employment_type
            when 'Monthly_Income' then counts.monthly_income_minor
            when 'Num_Dependents' then counts.dependents
            when 'Loan_ID' then counts.loan_id
            when 'Loan_Amount' then counts.loan_amount_minor
            when 'Loan_Tenure' then counts.tenure_months
            when 'Interest_Rate' then counts.interest_rate_percent
            when 'Loan_Type' then counts.loan_type
            when 'Collateral_Value' then counts.collateral_value_minor
            when 'Outstanding_Loan_Amount' then counts.outstanding_minor
            when 'Monthly_EMI' then counts.monthly_emi_minor
            when 'Payment_History' then counts.payment_history
            when 'Num_Missed_Payments' then counts.missed_payments
            when 'Days_Past_Due' then counts.days_past_due
            when 'Recovery_Status' then counts.recovery_status
            when 'Collection_Attempts' then counts.collection_attempts
            when 'Collection_Method' then counts.collection_method
            when 'Legal_Action_Taken' then counts.legal_action_taken
            when 'Disbursed_On' then counts.disbursed_on
            when 'Branch' then counts.branch
            when 'Officer' then counts.officer
            when 'Product' then counts.product
            when 'Maturity_Date' then counts.maturity_date
        end as filled
    from counts
    cross join columns
    where columns.position <= 21
        or exists (
            select 1
            from input_columns
            where input_columns.run_id = counts.run_id
                and input_columns.standard_name = columns.column_name
        )
)

select
    filled.run_id,
    filled.position,
    filled.column_name,
    filled.loans,
    filled.filled,
    filled.loans - filled.filled as missing,
    (
        select count(*)
        from rejects
        where rejects.run_id = filled.run_id
            and rejects.column_name = filled.column_name
            and not rejects.is_row_left_out
    ) as values_unreadable,
    (filled.loans - filled.filled) * 100.0 / nullif(filled.loans, 0)
        as missing_percent
from filled;
