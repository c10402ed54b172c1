delete from loan_snapshots
where snapshot_id in (select snapshot_id from temp.erased_loans)
