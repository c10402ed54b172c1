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
-- header again are reasons more to skip a line. Views that speak of the table
-- allow no renaming.
create temporary table lines_before as select * from skipped_lines;

drop table skipped_lines;

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
select run_id, line, reason, content from temp.lines_before;

drop table temp.lines_before;

-- A rule may ask for arrears beside a score; a loan with fewer days past due
-- goes on to the next one.
alter table strategy_rules
add column least_days_past_due integer not null default 0;

-- Points of the policy go in a straight line from one bound to the next: what
-- they come to there. Null where they do not: above the last bound, for a missing
-- value, and in runs whose points jumped at each bound.
alter table policy_points add column next_points real check (next_points >= 0);

-- Loans under a rule that asks nobody to do anything are counted, not listed.
alter table strategy_rules
add column is_on_worklist integer not null default 1
check (is_on_worklist in (0, 1));

-- The figures of a run are of its live loans. They are made anew from the loans,
-- with the next run; where these are gone, what was still to be collected stays
-- as the portfolio, and what counted other loans too is not known.
create temporary table summaries_before as select * from run_summaries;

drop table run_summaries;

create table run_summaries (
    run_id integer primary key references runs on delete cascade,
    loans integer not null,
    loans_scored integer not null,
    live_loans integer not null,
    closed_loans integer,
    written_off_loans integer,
    high_risk_loans integer not null,
    par30_loans integer,
    par90_loans integer,
    outstanding_minor integer not null,
    closed_minor integer,
    written_off_minor integer,
    at_risk_minor integer,
    high_risk_minor integer not null,
    par30_minor integer,
    par90_minor integer
) strict;

insert into run_summaries (
    run_id, loans, loans_scored, live_loans, high_risk_loans,
    outstanding_minor, at_risk_minor, high_risk_minor
)
select
    summaries.run_id,
    summaries.loans,
    summaries.loans_scored,
    summaries.loans_to_collect,
    summaries.high_risk_loans,
    summaries.to_collect_minor,
    summaries.at_risk_minor,
    summaries.high_risk_minor
from temp.summaries_before as summaries
join runs using (run_id)
where runs.loans_removed_at is not null;

drop table temp.summaries_before;

delete from segment_summaries
where run_id not in (select run_id from run_summaries);

delete from strategy_summaries
where run_id not in (select run_id from run_summaries);

-- What a person should know of a file that was loaded; no value of the file is
-- in it.
create table run_warnings (
    run_id integer not null references runs on delete cascade,
    position integer not null,
    warning text not null,
    primary key (run_id, position)
) strict, without rowid;
