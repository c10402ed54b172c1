insert into rejects (
    run_id, line, column_name, value, reason, is_row_left_out
)
values (?1, ?2, ?3, ?4, ?5, ?6)
