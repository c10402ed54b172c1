-- As refinery itself writes it.
insert into refinery_schema_history (version, name, applied_on, checksum)
values (?1, ?2, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), ?3)
