-- The latest details of a loan, and whether they are these.
select
    details_number,
    gender is ?3
        and employment_type is ?4
        and loan_type is ?5
        and payment_history is ?6
        and recovery_status is ?7
        and collection_method is ?8
        and legal_action_taken is ?9
        and age_years is ?10
        and dependents is ?11
        and monthly_income_minor is ?12
        and loan_amount_minor is ?13
        and tenure_months is ?14
        and interest_rate_percent is ?15
        and collateral_value_minor is ?16
        and monthly_emi_minor is ?17
        and disbursed_on is ?18
        and branch is ?19
        and officer is ?20
        and product is ?21
        and maturity_date is ?22
        and extra is ?23 as is_same
from loan_details
where loan_key = ?1
order by details_number desc
limit 1
