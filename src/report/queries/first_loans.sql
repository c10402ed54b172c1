-- The head of the view worklist, without putting the whole list in order.
with first_loans as (
    select *, coalesce(risk_score, 1) * outstanding as weight
    from loans
    where is_to_be_collected
    order by weight desc, loan_id
    limit 25
)

select
    row_number() over (order by weight desc, loan_id) as priority,
    loan_id, borrower_id, outstanding, days_past_due, missed_payments,
    segment, risk_score, strategy, is_approval_needed
from first_loans
order by priority;
