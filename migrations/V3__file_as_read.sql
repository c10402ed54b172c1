-- What a run made of its file: how it was read, what each column was taken for,
-- and the lines that are no loans.

alter table runs add column encoding text;

alter table runs add column separator text;

alter table runs add column header_line integer;

alter table runs add column lines_skipped integer;

-- Whose line it is, where that can be read: with it a person can be erased.
alter table rejects add column borrower_id text;

-- One row a column of the file, in the file's order.
create table input_columns (
    run_id integer not null references runs on delete cascade,
    position integer not null,
    header text not null,
    standard_name text,
    taken_for text not null,
    primary key (run_id, position)
) strict, without rowid;

-- One row a line that is neither header nor loan: titles above the header,
-- totals below the data, lines without any value.
create table skipped_lines (
    run_id integer not null references runs on delete cascade,
    line integer not null,
    reason text not null check (reason in ('above the header', 'below the data', 'empty')),
    content text not null,
    primary key (run_id, line)
) strict, without rowid;
