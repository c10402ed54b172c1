-- Grain: one row a line that was skipped, with where its file has the ids.
select
    skipped_lines.run_id,
    skipped_lines.line,
    skipped_lines.content,
    skipped_lines.reason = 'not a loan' as is_application,
    runs.separator,
    (
        select min(position)
        from input_columns
        where run_id = skipped_lines.run_id and standard_name = 'Loan_ID'
    ) as loan_place,
    (
        select min(position)
        from input_columns
        where run_id = skipped_lines.run_id and standard_name = 'Borrower_ID'
    ) as borrower_place
from skipped_lines
join runs using (run_id)
