update runs
set erased_loans = coalesce(erased_loans, 0) + ?2,
    erased_at = ?3
where run_id = ?1
