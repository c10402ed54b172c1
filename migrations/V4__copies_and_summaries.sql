-- What keeps a book safe, and what lets people go from it: the copies that are
-- known of, what was erased, and the figures that stay of a run without loans.

-- How many loans were erased from a run, and when last; it says nothing of whom.
alter table runs add column erased_loans integer;

alter table runs add column erased_at text;

-- When all loans of a run were removed because of their age.
alter table runs add column loans_removed_at text;

-- One row a copy of this database, so that erasing a borrower reaches it.
create table backups (
    backup_id integer primary key,
    run_id integer references runs,
    path text not null unique,
    reason text not null check (reason in ('asked for', 'before a migration')),
    made_at text not null
) strict;

-- The figures of a run, kept when its loans are not; the balance at risk is
-- rounded to whole minor units.
create table run_summaries (
    run_id integer primary key references runs on delete cascade,
    loans integer not null,
    loans_scored integer not null,
    loans_to_collect integer not null,
    high_risk_loans integer not null,
    par30_loans integer not null,
    par90_loans integer not null,
    outstanding_minor integer not null,
    to_collect_minor integer not null,
    at_risk_minor integer,
    high_risk_minor integer not null,
    par30_minor integer not null,
    par90_minor integer not null
) strict;

create table segment_summaries (
    run_id integer not null references runs on delete cascade,
    position integer not null,
    loans integer not null,
    outstanding_minor integer not null,
    average_income_minor integer,
    average_loan_amount_minor integer,
    average_burden real,
    average_missed_payments real,
    average_days_past_due real,
    share_not_recovered real,
    average_risk_score real,
    primary key (run_id, position)
) strict, without rowid;

create table strategy_summaries (
    run_id integer not null references runs on delete cascade,
    position integer not null,
    loans integer not null,
    outstanding_minor integer not null,
    at_risk_minor integer,
    primary key (run_id, position)
) strict, without rowid;
