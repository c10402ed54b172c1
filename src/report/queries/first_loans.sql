-- The first rows of the view worklist, without sorting the whole list.
with first_loans as (
    select *
    from int_loans_decided
    where run_id = ?1
        and is_on_worklist
    order by worklist_weight desc, outstanding_minor desc, loan_id
    limit 25
)

select
    row_number() over (
        order by worklist_weight desc, outstanding_minor desc, loan_id
    ) as priority,
    loan_id, borrower_id,
    outstanding_minor * 1.0 / currency_scale as outstanding, days_past_due,
    risk_score, reasons.raised_by as reasons,
    strategy, is_approval_needed
from first_loans
left join score_reasons as reasons using (snapshot_id)
order by priority;
