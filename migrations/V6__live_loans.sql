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

-- An application that never became a loan is a reason more to skip a line.
-- A table of a database whose views are of an earlier version cannot be renamed.
create table skipped_lines_before as
select
    run_id,
    line,
    reason,
    content
from skipped_lines;

drop table skipped_lines;

create table skipped_lines (
    run_id integer not null references runs on delete cascade,
    line integer not null,
    reason text not null check (
        reason in ('above the header', 'below the data', 'empty', 'not a loan')
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
