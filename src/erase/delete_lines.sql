delete from rejects
where (run_id, line) in (select run_id, line from temp.erased_lines)
