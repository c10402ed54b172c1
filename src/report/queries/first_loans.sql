-- The head of the view worklist, without putting the whole list in order.
with first_loans as (
    select
        loans.*,
        case
            when runs.score_source is 'policy'
                then round(loans.risk_score * 100)
            else coalesce(loans.risk_score, 1) * loans.outstanding
        end as weight
    from runs
    join loans_by_run as loans using (run_id)
    where run_id = ?1
        and loans.is_on_worklist
    order by weight desc, loans.outstanding desc, loans.loan_id
    limit 25
)

select
    row_number() over (
        order by weight desc, loans.outstanding desc, loans.loan_id
    ) as priority,
    loans.loan_id, loans.borrower_id, loans.outstanding, loans.days_past_due,
    loans.risk_score, reasons.raised_by as reasons,
    loans.strategy, loans.is_approval_needed
from first_loans as loans
join loan_snapshots as snapshots
    on snapshots.run_id = ?1
    and snapshots.loan_id = loans.loan_id
left join score_reasons as reasons using (snapshot_id)
order by priority;
