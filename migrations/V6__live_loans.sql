-- What the lender's words say beside the outcome, and what a line may be.

-- Whether the status of a loan says that it is closed, whatever balance the
-- file still shows. Its outcome is another matter: a loan that was refinanced is
-- closed and has none, one that was written off may still be collected.
alter table loan_snapshots
add column is_closed integer not null default 0 check (is_closed in (0, 1));

update loan_snapshots
set is_closed = 1
where outcome in ('fully_recovered', 'partially_recovered', 'written_off');

-- Of a loan that owes nothing because more was paid than was due: how much more.
alter table loan_snapshots
add column overpaid_minor integer check (overpaid_minor > 0);

-- An application that never became a loan, a total between the loans and the
-- header again are reasons more to skip a line.
alter table skipped_lines rename to skipped_lines_before;

create table skipped_lines (
    run_id integer not null references runs on delete cascade,
    line integer not null,
    reason text not null check (
        reason in (
            'above the header', 'below the data', 'empty', 'not a loan',
            'total', 'header again'
        )
    ),
    content text not null,
    primary key (run_id, line)
) strict, without rowid;

insert into skipped_lines (run_id, line, reason, content)
select
    run_id,
    line,
    reason,
    content
from skipped_lines_before;

drop table skipped_lines_before;

-- A rule may ask for arrears beside a score; a loan with fewer days past due
-- goes on to the next one.
alter table strategy_rules
add column least_days_past_due integer not null default 0;

-- What a person should know of a file that was loaded; no value of the file is
-- in it.
create table run_warnings (
    run_id integer not null references runs on delete cascade,
    position integer not null,
    warning text not null,
    primary key (run_id, position)
) strict, without rowid;
