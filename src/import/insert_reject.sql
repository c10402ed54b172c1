insert into rejects (
    run_id, line, borrower_id, column_name, value, reason, is_row_left_out
)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
