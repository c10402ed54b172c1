delete from loan_snapshots
where run_id = ?1
    and loan_id = ?2
returning line, borrower_id
