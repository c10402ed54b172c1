insert into own_features (
    run_id, position, name, column_name, kind, monotone
)
values (?1, ?2, ?3, ?4, ?5, ?6)
