insert into loan_details (
    loan_key, details_number, gender, employment_type, loan_type,
    payment_history, recovery_status, collection_method, legal_action_taken,
    age_years, dependents, monthly_income_minor, loan_amount_minor,
    tenure_months, interest_rate_percent, collateral_value_minor,
    monthly_emi_minor, disbursed_on, branch, officer, product,
    maturity_date, extra
)
values (
    ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
    ?18, ?19, ?20, ?21, ?22, ?23
)
