-- All tables. What a run found out hangs on its row in runs, or on its loans;
-- the loans of a run may go (retention, erasing), its sums stay.

-- Marks the file as Recoup's ("Rcup"), so that no other program's database is
-- ever written to.
pragma application_id = 1382249840;

-- One row a run, failed and refused ones too. score_source says whose scores are
-- in use (forest, boosting, logistic or policy), gate_reason why, and
-- forced_model what was asked for against the gate. Erased loans are counted,
-- and nothing says whose they were. A run that corrects an earlier one has its
-- place among the runs, and the earlier one is replaced. restated_at is when the
-- figures of its history were made again, after a correction.
create table runs (
    run_id integer primary key,
    status text not null check (
        status in ('complete', 'replaced', 'refused', 'failed')
    ),
    message text,
    score_source text,
    gate_reason text,
    forced_model text,
    as_of_date text not null,
    input_name text not null,
    input_sha256 text,
    config_sha256 text not null,
    program_version text not null,
    currency_code text not null,
    encoding text,
    separator text,
    currency_scale integer not null check (currency_scale > 0),
    seed integer not null,
    header_line integer,
    lines_read integer,
    lines_skipped integer,
    loans_loaded integer,
    rows_rejected integer,
    first_snapshot_id integer,
    last_snapshot_id integer,
    erased_loans integer,
    erased_at text,
    loans_removed_at text,
    restated_at text,
    started_at text not null,
    finished_at text not null,
    corrected_place integer,
    place integer generated always as (
        coalesce(corrected_place, run_id)
    ) virtual
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

-- What a person should know of a file that was loaded; no value of the file is
-- in it.
create table run_warnings (
    run_id integer not null references runs on delete cascade,
    position integer not null,
    warning text not null,
    primary key (run_id, position)
) strict, without rowid;

-- One row a column of the file, in the file's order.
create table input_columns (
    run_id integer not null references runs on delete cascade,
    position integer not null,
    header text not null,
    standard_name text,
    taken_for text not null,
    primary key (run_id, position)
) strict, without rowid;

-- One row a loan that any run still holds: what its snapshots have in common.
-- The borrower is the latest file's.
create table loan_register (
    loan_key integer primary key,
    loan_id text not null unique,
    borrower_id text,
    is_borrower_changed integer not null default 0
        check (is_borrower_changed in (0, 1))
) strict;

-- Whose a loan was in the runs before this one, where a later file names another
-- borrower: exports are corrected, and ids used again.
create table former_borrowers (
    loan_key integer not null references loan_register on delete cascade,
    before_run_id integer not null references runs,
    borrower_id text,
    primary key (loan_key, before_run_id)
) strict, without rowid;

-- The ids that loans had before they were numbered anew: notes and rejected lines
-- of earlier weeks may name them, and a person is erased from these, too.
create table former_loan_ids (
    loan_key integer not null references loan_register on delete cascade,
    loan_id text not null,
    primary key (loan_key, loan_id)
) strict, without rowid;

-- What consecutive snapshots of a loan have in common: most of what a file says
-- of a loan is the same from week to week. A file that says something else
-- begins another row, with the next number.
create table loan_details (
    loan_key integer not null references loan_register,
    details_number integer not null,
    gender text,
    employment_type text,
    loan_type text,
    payment_history text,
    recovery_status text,
    collection_method text,
    legal_action_taken text,
    branch text,
    officer text,
    product text,
    age_years integer,
    dependents integer,
    monthly_income_minor integer,
    loan_amount_minor integer,
    tenure_months integer,
    interest_rate_percent real,
    collateral_value_minor integer,
    monthly_emi_minor integer,
    disbursed_on text,
    maturity_date text,
    extra text check (extra is null or json_valid(extra)),
    primary key (loan_key, details_number)
) strict, without rowid;

-- One row a run and loan: what may change every week. The loans of a run have
-- consecutive snapshot ids, so that one run is one range of the table. Whether a loan is closed and what
-- became of it are two things: one that was refinanced is closed and has no
-- outcome, one that was written off may still be collected. A loan is live that
-- owes something and is not closed. overpaid_minor is
-- how much more was paid than was due. The outcomes are compared one by one: for
-- a list, SQLite builds a table with each row that is inserted.
create table loan_snapshots (
    snapshot_id integer primary key,
    run_id integer not null references runs on delete cascade,
    loan_key integer not null,
    details_number integer not null,
    line integer not null,
    outcome text check (
        outcome = 'fully_recovered'
        or outcome = 'partially_recovered'
        or outcome = 'written_off'
        or outcome = 'outstanding'
    ),
    outstanding_minor integer not null,
    missed_payments integer,
    days_past_due integer not null,
    collection_attempts integer,
    is_closed integer not null default 0 check (is_closed in (0, 1)),
    overpaid_minor integer check (overpaid_minor > 0),
    is_live integer generated always as (
        outstanding_minor > 0 and not is_closed
    ) stored,
    exit_reason text generated always as (
        case
            when is_live then null
            when outcome <> 'outstanding' then outcome
            when is_closed then 'refinanced'
            else 'fully_recovered'
        end
    ) virtual,
    unique (loan_key, run_id),
    foreign key (loan_key, details_number) references loan_details
) strict;

-- One row a problem: either the whole line was left out, or only the field was
-- taken as missing. Whose line it is, where that can be read: with it a person
-- can be erased.
create table rejects (
    reject_id integer primary key,
    run_id integer not null references runs on delete cascade,
    line integer not null,
    column_name text,
    value text,
    reason text not null,
    borrower_id text,
    loan_key integer references loan_register on delete set null,
    is_row_left_out integer not null check (is_row_left_out in (0, 1))
) strict;

create index rejects_by_run on rejects (run_id, line);

create index rejects_of_loan on rejects (loan_key);

-- One row a line that is neither header nor loan.
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

-- The lender's own columns that the configuration made features of a run.
create table own_features (
    run_id integer not null references runs on delete cascade,
    position integer not null,
    name text not null,
    column_name text not null,
    kind text not null check (kind in ('number', 'category')),
    monotone text not null check (monotone in ('up', 'down', 'none')),
    primary key (run_id, position),
    unique (run_id, name)
) strict, without rowid;

-- How the segments of a run came about: learnt in it, and then why, or in an
-- earlier run, whose scale is copied on: how the traits of a loan are limited and
-- standardised, by trait. The hash is of the settings and columns that define
-- the segments. Of the loans that were live in the compared run too, how many
-- are in another segment now; null where there are none, or no such run.
create table segmentations (
    run_id integer primary key references runs on delete cascade,
    learnt_run_id integer not null references runs,
    learnt_because text check (
        learnt_because in ('first', 'due', 'changed', 'unnamed')
    ),
    definition_sha256 text not null,
    scale text not null check (json_valid(scale)),
    loans_compared integer,
    loans_moved integer
) strict;

-- The centre that was learnt is where loans are assigned by, in standard
-- deviations by trait; the other one is the mean of each feature over the loans
-- of the run. A segment that goes on keeps its position; name_before is its name
-- in the compared run, null for a new one. named_for is what the name says, by
-- trait; null for a name that gives no values.
create table segments (
    segment_id integer primary key,
    run_id integer not null references runs on delete cascade,
    position integer not null,
    name text not null,
    name_before text,
    named_for text check (json_valid(named_for)),
    learnt_centre text not null check (json_valid(learnt_centre)),
    centre text not null check (json_valid(centre)),
    unique (run_id, position),
    unique (run_id, name)
) strict;

-- The scorecard of a run: each measure of a loan takes the points of the band
-- with the highest lower bound that its value reaches, and on towards
-- next_points in a straight line up to the next bound; above the last bound and
-- for a missing value, whose band has no bound, points stay as they are.
create table policy_points (
    run_id integer not null references runs on delete cascade,
    position integer not null,
    measure text not null,
    lower_bound real,
    points real not null check (points >= 0),
    next_points real check (next_points >= 0),
    primary key (run_id, position),
    unique (run_id, measure, lower_bound)
) strict, without rowid;

-- The lender's policy of a run: the first rule, by position, whose lower bound
-- the score reaches and whose days the loan is past due. Loans under a rule that
-- asks nobody to do anything are counted, not listed.
create table strategy_rules (
    rule_id integer primary key,
    run_id integer not null references runs on delete cascade,
    position integer not null,
    strategy text not null,
    band text not null,
    lower_score real,
    least_days_past_due integer not null,
    is_approval_needed integer not null check (is_approval_needed in (0, 1)),
    is_on_worklist integer not null check (is_on_worklist in (0, 1)),
    unique (run_id, position)
) strict;

-- A candidate and its part in its run. Its calibration is what turned its raw
-- scores into the stored ones.
create table models (
    model_id integer primary key,
    run_id integer not null references runs on delete cascade,
    kind text not null,
    version integer not null,
    parameters text not null check (json_valid(parameters)),
    feature_names text not null check (json_valid(feature_names)),
    trained_loans integer not null,
    content blob not null,
    is_in_use integer not null check (is_in_use in (0, 1)),
    is_accepted integer not null check (is_accepted in (0, 1)),
    verdict text not null,
    calibration text not null check (json_valid(calibration))
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

-- What a run found out and decided about each loan: one row, written once and
-- read with one lookup. worklist_place counts the live loans that need work, the
-- first to work first. A candidate that the book could not feed is null.
create table decisions (
    snapshot_id integer primary key references loan_snapshots on delete cascade,
    segment_id integer references segments,
    rule_id integer not null references strategy_rules,
    worklist_place integer,
    risk_score real check (risk_score between 0 and 1),
    policy_score real check (policy_score between 0 and 1),
    logistic_score real check (logistic_score between 0 and 1),
    boosting_score real check (boosting_score between 0 and 1),
    forest_score real check (forest_score between 0 and 1),
    is_high_risk integer check (is_high_risk in (0, 1)),
    is_out_of_sample integer check (is_out_of_sample in (0, 1))
) strict;

-- What the leak audit says of each column of the file and each feature of a
-- run. The AUC is that of the feature alone, turned so that it is 0.5 or more.
create table audit_findings (
    run_id integer not null references runs on delete cascade,
    position integer not null,
    subject text not null,
    verdict text not null check (verdict in ('used', 'warned', 'barred', 'refused')),
    reason text not null,
    auc_alone real,
    lower_95 real,
    upper_95 real,
    primary key (run_id, position)
) strict, without rowid;

-- The out-of-sample scores of a model by tenth, the highest first.
create table model_deciles (
    model_id integer not null references models on delete cascade,
    decile integer not null,
    loans integer not null,
    not_recovered integer not null,
    mean_score real not null,
    primary key (model_id, decile)
) strict, without rowid;

-- How much worse a model gets (mean squared error) when a feature and its other
-- forms are shuffled among loans that it did not learn from.
create table feature_importances (
    model_id integer not null references models on delete cascade,
    position integer not null,
    feature text not null,
    importance real not null,
    lower_95 real,
    upper_95 real,
    primary key (model_id, position)
) strict, without rowid;

-- The mean score of the book if every loan had this value of the feature.
create table partial_dependences (
    model_id integer not null references models on delete cascade,
    feature text not null,
    position integer not null,
    value real not null,
    label text,
    mean_score real not null,
    primary key (model_id, feature, position)
) strict, without rowid;

-- A small tree fitted to the scores in use, to picture them: the children of
-- node n are 2n and 2n + 1, left where the feature is at most the threshold.
create table picture_nodes (
    run_id integer not null references runs on delete cascade,
    node integer not null,
    feature text,
    threshold real,
    loans integer not null,
    mean_score real not null,
    primary key (run_id, node)
) strict, without rowid;

-- How the scores in use treat groups of borrowers with a known outcome.
create table fairness_groups (
    run_id integer not null references runs on delete cascade,
    attribute text not null,
    position integer not null,
    name text not null,
    loans integer not null,
    not_recovered integer not null,
    flagged integer not null,
    measures text not null check (json_valid(measures)),
    primary key (run_id, attribute, position)
) strict, without rowid;

-- The two groups of an attribute that are furthest apart in a measure, with an
-- interval of 95 % for all pairs of groups at once; null where fewer than two
-- groups have loans enough to tell.
create table group_differences (
    run_id integer not null references runs on delete cascade,
    attribute text not null,
    position integer not null,
    measure text not null,
    higher text,
    lower text,
    difference real,
    lower_95 real,
    upper_95 real,
    pairs integer not null,
    includes_zero integer check (includes_zero in (0, 1)),
    primary key (run_id, attribute, measure)
) strict, without rowid;

-- Whom of the live loans the scores flag, by group; no share
-- where a group has too few loans.
create table group_actions (
    run_id integer not null references runs on delete cascade,
    attribute text not null,
    position integer not null,
    name text not null,
    loans integer not null,
    flagged integer not null,
    share real,
    lower_95 real,
    upper_95 real,
    primary key (run_id, attribute, position)
) strict, without rowid;

-- How much live loans without an outcome differ from loans with one,
-- in the score in use and in each feature: the population stability index, and
-- what chance alone exceeds in any of them once in 20 times; null where either
-- are too few.
create table population_shifts (
    run_id integer not null references runs on delete cascade,
    position integer not null,
    subject text not null,
    verdict text not null check (
        verdict in ('too few', 'stable', 'some shift', 'large shift')
    ),
    loans_with_outcome integer not null,
    open_loans integer not null,
    bins integer,
    index_value real,
    by_chance real,
    primary key (run_id, position)
) strict, without rowid;

-- Why a loan has its score: what each feature adds to the score of an average
-- loan, in words for those who call borrowers, and as a JSON array of {feature,
-- contribution, words}, the strongest first; base + their sum + rest is the
-- score.
create table score_reasons (
    snapshot_id integer primary key references loan_snapshots on delete cascade,
    raised_by text not null,
    lowered_by text not null,
    reasons text not null check (json_valid(reasons)),
    base real not null,
    rest real not null
) strict;

-- One row a copy of this database, so that erasing a borrower reaches it.
create table backups (
    backup_id integer primary key,
    run_id integer references runs,
    path text not null unique,
    reason text not null check (reason in ('asked for', 'before a migration')),
    made_at text not null
) strict;

-- One row an attempt and recipient, written before it is made: what could not be
-- recorded is not sent. A mail about a failed run may belong to no run.
create table deliveries (
    delivery_id integer primary key,
    run_id integer references runs on delete cascade,
    kind text not null check (kind in ('report', 'failure')),
    recipient text not null,
    message_id text not null,
    attempt integer not null check (attempt > 0),
    status text not null
        check (status in ('started', 'sent', 'refused', 'failed')),
    reply text,
    started_at text not null,
    finished_at text
) strict;

create index deliveries_by_run on deliveries (run_id, kind, recipient);

-- The figures of a run on its day, which stay when its loans go: of its live
-- loans unless the name says otherwise. The balance at risk is an expectation,
-- in fractions of the minor unit. independent_share is what a loan counts in
-- tests of significance: loans of one borrower are not independent.
create table run_summaries (
    run_id integer primary key references runs on delete cascade,
    loans integer not null,
    loans_scored integer not null,
    live_loans integer not null,
    closed_loans integer not null,
    written_off_loans integer not null,
    high_risk_loans integer not null,
    par30_loans integer not null,
    par90_loans integer not null,
    outstanding_minor integer not null,
    closed_minor integer not null,
    written_off_minor integer not null,
    at_risk_minor real,
    high_risk_minor integer not null,
    par30_minor integer not null,
    par90_minor integer not null,
    independent_share real not null
) strict;

create table segment_summaries (
    run_id integer not null references runs on delete cascade,
    position integer not null,
    loans integer not null,
    live_loans integer not null,
    loans_with_outcome integer not null,
    loans_not_recovered integer not null,
    outstanding_minor integer not null,
    average_income_minor real,
    average_loan_amount_minor real,
    average_burden real,
    average_missed_payments real,
    average_days_past_due real,
    average_risk_score real,
    primary key (run_id, position)
) strict, without rowid;

create table strategy_summaries (
    run_id integer not null references runs on delete cascade,
    position integer not null,
    loans integer not null,
    outstanding_minor integer not null,
    at_risk_minor real,
    primary key (run_id, position)
) strict, without rowid;

-- The buckets of days past due, those of the first and the last day included.
create table arrears_buckets (
    position integer primary key,
    bucket text not null,
    first_day integer not null unique,
    last_day integer not null check (last_day >= first_day)
) strict;

insert into arrears_buckets (position, bucket, first_day, last_day)
values
(0, 'Current', -1000000000, 0),
(1, '1 to 30', 1, 30),
(2, '31 to 60', 31, 60),
(3, '61 to 90', 61, 90),
(4, '91 to 180', 91, 180),
(5, 'Over 180', 181, 1000000000);

create table arrears_summaries (
    run_id integer not null references runs on delete cascade,
    position integer not null,
    loans integer not null,
    outstanding_minor integer not null,
    primary key (run_id, position)
) strict, without rowid;

-- How many live loans came, went, ended or moved since the compared run, and
-- what they owe or, where they are no longer live, owed. No row where there is
-- no such run, or its loans were gone by then.
create table movement_summaries (
    run_id integer not null references runs on delete cascade,
    movement text not null,
    loans integer not null,
    outstanding_minor integer not null,
    primary key (run_id, movement)
) strict, without rowid;

-- Why a loan was closed, as a list of closed loans says.
create table closed_loans (
    loan_key integer primary key references loan_register on delete cascade,
    reason text not null check (
        reason in (
            'fully_recovered', 'refinanced', 'partially_recovered', 'written_off'
        )
    ),
    recorded_at text not null
) strict;

-- One row a loan that was live in the run before and is not in this one, and
-- why, as far as that is known. new_loan_key is a new loan of the borrower that
-- covers the balance.
create table exits (
    run_id integer not null references runs on delete cascade,
    loan_key integer not null references loan_register on delete cascade,
    reason text not null check (
        reason in (
            'fully_recovered', 'refinanced', 'partially_recovered',
            'written_off', 'unknown'
        )
    ),
    basis text not null check (
        basis in ('stated', 'file', 'inferred', 'rejected', 'unknown')
    ),
    outstanding_minor integer not null,
    days_past_due integer not null,
    new_loan_key integer references loan_register on delete set null,
    primary key (loan_key, run_id)
) strict, without rowid;

create index exits_of_run on exits (run_id);

create index exits_of_new_loan on exits (new_loan_key);

-- How many loans went from one state to another in the month up to the run, and
-- what they owed at its start and end. A state is an arrears bucket or, where a
-- loan came or left, new, returned, or the reason why it left. Charged and paid
-- are of the loans whose balance rose and fell while they were live. The
-- intervals are those of their share of the loans that were in state_from, and of
-- what these owed. cash_minor is what was paid as far as balances tell: where
-- they have accrued interest in them, with the interest that was paid.
create table transition_sums (
    run_id integer not null references runs on delete cascade,
    start_run_id integer not null references runs,
    state_from text not null,
    state_to text not null,
    loans integer not null,
    opening_minor integer not null,
    closing_minor integer not null,
    loans_charged integer not null,
    charged_minor integer not null,
    loans_paid integer not null,
    paid_minor integer not null,
    cash_minor integer,
    lower_95 real,
    upper_95 real,
    balance_lower_95 real,
    balance_upper_95 real,
    primary key (run_id, state_from, state_to)
) strict, without rowid;

-- The live loans by branch, officer and product, where the file has such a column;
-- null for loans without a value. The month up to the run is that since the start
-- run: a loan counts for the group that it was in then. forward_minor is what
-- those owed then that fell into a later bucket or were lost, and cash_minor what
-- was paid, as the balances tell: at least, or with the interest where they have
-- it in them. The interval is that of the share of loans over 30 days past due,
-- and the verdict compares this with the rest of the book, at a level that allows
-- for the number of groups and for a look every week; both are null where there are
-- too few loans.
create table group_summaries (
    run_id integer not null references runs on delete cascade,
    position integer not null,
    dimension text not null check (
        dimension in ('branch', 'officer', 'product')
    ),
    group_name text,
    start_run_id integer references runs,
    live_loans integer not null,
    par30_loans integer not null,
    par90_loans integer not null,
    outstanding_minor integer not null,
    par30_minor integer not null,
    par90_minor integer not null,
    opening_minor integer,
    forward_minor integer,
    cash_minor integer,
    lower_95 real,
    upper_95 real,
    verdict text check (verdict in ('worse', 'better', 'within chance')),
    primary key (run_id, position)
) strict, without rowid;

-- What the balance of the file holds, as its loans show on which nothing was
-- paid since the compared run, since their days past due grew by as many days as
-- passed: it stands still, or interest accrues in it. Of this run and up to
-- seven before it; too few loans say nothing.
create table balance_checks (
    run_id integer primary key references runs on delete cascade,
    loans_unpaid integer not null,
    loans_still integer not null,
    loans_accrued integer not null,
    basis text not null check (
        basis in ('still', 'accrued', 'mixed', 'not known')
    ),
    is_set integer not null check (is_set in (0, 1))
) strict;

-- One row a loan and run in which its time over 30 days past due began
-- (fell_behind) or ended (caught_up: it is paid up to date), in which it was
-- late again soon (relapsed), or had not been over 30 days late again for the
-- time that the configuration asks for (cured). Of a loan that caught up, paid_minor is how
-- much its balance fell since it was last over 30 days past due, and is_paid
-- whether that is half the principal of an instalment at least.
create table arrears_events (
    run_id integer not null references runs on delete cascade,
    loan_key integer not null references loan_register on delete cascade,
    event text not null check (
        event in ('fell_behind', 'caught_up', 'relapsed', 'cured')
    ),
    outstanding_minor integer not null,
    days_past_due integer not null,
    paid_minor integer,
    is_paid integer check (is_paid in (0, 1)),
    primary key (loan_key, run_id)
) strict, without rowid;

create index arrears_events_of_run on arrears_events (run_id);

-- What became of the loans that fell behind in a calendar month, within 12 weeks
-- of that, as known at the run; only months that are 12 weeks past. cured counts
-- those of them that caught up and stayed so, redefaulted those of the cured
-- that fell behind again; null until enough weeks have passed for all.
create table cure_sums (
    run_id integer not null references runs on delete cascade,
    month text not null,
    loans integer not null,
    caught_up integer not null,
    caught_up_unpaid integer not null,
    paid_off integer not null,
    refinanced integer not null,
    lost integer not null,
    unknown integer not null,
    half_caught_up_weeks real,
    lower_95 real,
    upper_95 real,
    cured integer,
    redefaulted integer,
    primary key (run_id, month)
) strict, without rowid;

-- One row a loan and run in which it entered the curves of its month of
-- disbursal, or was for the first time seen over 30 or 90 days past due while
-- it was live, or was lost: written off, or settled at a loss. A loan enters
-- that is in the file by the month after its disbursal: of one that came later,
-- nobody knows what it had been through. It stays in the month in which it
-- entered.
-- When retention removes the loan, the row stays without it: a loan that was
-- paid and has gone still counts among those that did not fall behind.
create table vintage_events (
    run_id integer not null references runs on delete cascade,
    loan_key integer references loan_register on delete set null,
    event text not null check (
        event in ('entered', 'over_30', 'over_90', 'lost')
    ),
    vintage text not null,
    original_minor integer,
    unique (loan_key, event, run_id)
) strict;

-- The loans of each month of disbursal as of the run: those that entered its
-- curves, closed ones too, and how many of them were ever over 30 or 90 days
-- past due or lost so far; and of all that are live in the run, those that are
-- over 30 days past due now.
-- Amounts are the original ones. months_on_book counts calendar months. A month
-- of which no loan entered is there from 30 live loans on. The intervals are of
-- the shares of loans; none of fewer than 30.
create table vintage_sums (
    run_id integer not null references runs on delete cascade,
    vintage text not null,
    months_on_book integer not null check (months_on_book >= 0),
    loans integer not null,
    original_minor integer not null,
    ever30 integer not null,
    ever30_minor integer not null,
    ever90 integer not null,
    ever90_minor integer not null,
    lost integer not null,
    lost_minor integer not null,
    live_loans integer not null,
    live_minor integer not null,
    now30 integer not null,
    now30_minor integer not null,
    ever30_lower_95 real,
    ever30_upper_95 real,
    ever90_lower_95 real,
    ever90_upper_95 real,
    lost_lower_95 real,
    lost_upper_95 real,
    primary key (run_id, vintage)
) strict, without rowid;
