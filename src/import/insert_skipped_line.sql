insert into skipped_lines (run_id, line, reason, content)
values (?1, ?2, ?3, ?4)
