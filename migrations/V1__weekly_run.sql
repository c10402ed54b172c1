-- The tables of the weekly run. Everything that a run found out hangs on its
-- row in runs, or on its loans.

-- Marks the file as Recoup's ("Rcup"), so that no other program's database is
-- ever written to.
pragma application_id = 1382249840;

create table runs (
    run_id integer primary key,
    status text not null check (status in ('complete', 'refused', 'failed')),
    message text,
    no_score_reason text,
    as_of_date text not null,
    input_name text not null,
    input_sha256 text,
    config_sha256 text not null,
    program_version text not null,
    currency_code text not null,
    currency_scale integer not null check (currency_scale > 0),
    seed integer not null,
    lines_read integer,
    loans_loaded integer,
    rows_rejected integer,
    first_snapshot_id integer,
    last_snapshot_id integer,
    started_at text not null,
    finished_at text not null
) strict;

create table run_stages (
    run_id integer not null references runs on delete cascade,
    position integer not null,
    stage text not null,
    is_complete integer not null check (is_complete in (0, 1)),
    row_count integer,
    seconds real not null,
    primary key (run_id, position)
) strict, without rowid;

-- One row a run and loan. The loans of a run have consecutive snapshot ids, so
-- that one run is one range of the table.
create table loan_snapshots (
    snapshot_id integer primary key,
    run_id integer not null references runs on delete cascade,
    line integer not null,
    loan_id text not null,
    borrower_id text,
    gender text,
    employment_type text,
    loan_type text,
    payment_history text,
    recovery_status text,
    outcome text check (
        outcome in (
            'fully_recovered', 'partially_recovered', 'written_off', 'outstanding'
        )
    ),
    collection_method text,
    legal_action_taken text,
    age_years integer,
    dependents integer,
    monthly_income_minor integer,
    loan_amount_minor integer,
    tenure_months integer,
    interest_rate_percent real,
    collateral_value_minor integer,
    outstanding_minor integer not null,
    monthly_emi_minor integer,
    missed_payments integer,
    days_past_due integer not null,
    collection_attempts integer,
    extra text check (extra is null or json_valid(extra)),
    unique (run_id, loan_id)
) strict;

-- One row a problem: either the whole line was left out, or only the field was
-- taken as missing.
create table rejects (
    reject_id integer primary key,
    run_id integer not null references runs on delete cascade,
    line integer not null,
    column_name text,
    value text,
    reason text not null,
    is_row_left_out integer not null check (is_row_left_out in (0, 1))
) strict;

create index rejects_by_run on rejects (run_id, line);

create table segments (
    segment_id integer primary key,
    run_id integer not null references runs on delete cascade,
    position integer not null,
    name text not null,
    centre text not null check (json_valid(centre)),
    unique (run_id, position),
    unique (run_id, name)
) strict;

create table loan_segments (
    snapshot_id integer primary key references loan_snapshots on delete cascade,
    segment_id integer not null references segments
) strict;

create table models (
    model_id integer primary key,
    run_id integer not null references runs on delete cascade,
    kind text not null,
    version integer not null,
    parameters text not null check (json_valid(parameters)),
    feature_names text not null check (json_valid(feature_names)),
    trained_loans integer not null,
    content blob not null
) strict;

create index models_by_run on models (run_id);

create table model_metrics (
    model_id integer not null references models on delete cascade,
    metric text not null,
    value real not null,
    lower_95 real,
    upper_95 real,
    primary key (model_id, metric)
) strict, without rowid;

create table scores (
    snapshot_id integer primary key references loan_snapshots on delete cascade,
    model_id integer not null references models,
    risk_score real not null check (risk_score between 0 and 1),
    is_high_risk integer not null check (is_high_risk in (0, 1)),
    is_out_of_bag integer not null check (is_out_of_bag in (0, 1))
) strict;

-- The lender's policy of a run: the first rule, by position, whose lower bound
-- the score reaches.
create table strategy_rules (
    rule_id integer primary key,
    run_id integer not null references runs on delete cascade,
    position integer not null,
    strategy text not null,
    band text not null,
    lower_score real,
    is_lower_included integer not null check (is_lower_included in (0, 1)),
    is_approval_needed integer not null check (is_approval_needed in (0, 1)),
    unique (run_id, position)
) strict;

create table actions (
    snapshot_id integer primary key references loan_snapshots on delete cascade,
    rule_id integer not null references strategy_rules
) strict;
