drop table if exists temp.erased_loan_ids;

drop table if exists temp.erased_loans;

drop table if exists temp.erased_lines;

create temp table erased_loan_ids (loan_id text primary key) without rowid;

create temp table erased_loans (snapshot_id integer primary key);

create temp table erased_lines (
    run_id integer not null,
    line integer not null,
    primary key (run_id, line)
) without rowid;
