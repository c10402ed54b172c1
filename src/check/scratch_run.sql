insert into runs (
    run_id, status, as_of_date, input_name, config_sha256, program_version,
    currency_code, currency_scale, seed, started_at, finished_at
)
values (?1, 'complete', '', '', '', '', '', 1, 0, '', '')
