-- A risk model that has to earn its place: candidates, judged side by side.

-- Which candidate's scores are in use, why, and whether somebody overrode the
-- gate: forest, boosting, logistic or policy; none in runs made without any.
alter table runs add column score_source text;
alter table runs add column gate_reason text;
alter table runs add column forced_model text;

update runs
set score_source = case
    when exists (select 1 from models where models.run_id = runs.run_id)
        then 'forest'
    else 'none'
end
where status = 'complete';

-- What a run found out and decided about each loan: one row, written once and
-- read with one lookup. A candidate that the book could not feed is null.
create table decisions (
    snapshot_id integer primary key references loan_snapshots on delete cascade,
    segment_id integer references segments,
    rule_id integer not null references strategy_rules,
    risk_score real check (risk_score between 0 and 1),
    policy_score real check (policy_score between 0 and 1),
    logistic_score real check (logistic_score between 0 and 1),
    boosting_score real check (boosting_score between 0 and 1),
    forest_score real check (forest_score between 0 and 1),
    is_high_risk integer check (is_high_risk in (0, 1)),
    is_out_of_sample integer check (is_out_of_sample in (0, 1))
) strict;

insert into decisions (
    snapshot_id, segment_id, rule_id, risk_score, forest_score, is_high_risk,
    is_out_of_sample
)
select
    actions.snapshot_id,
    loan_segments.segment_id,
    actions.rule_id,
    scores.risk_score,
    scores.risk_score,
    scores.is_high_risk,
    scores.is_out_of_bag
from actions
left join loan_segments using (snapshot_id)
left join scores using (snapshot_id);

drop table loan_segments;
drop table scores;
drop table actions;

-- A candidate's part in its run. Its calibration is what turned its raw scores
-- into the stored ones.
alter table models add column is_in_use integer not null default 1;
alter table models add column is_accepted integer not null default 1;
alter table models add column verdict text not null default '';
alter table models add column calibration text not null default '{}';

-- The policy score of a run: each measure of a loan takes the points of the
-- band with the highest lower bound that its value reaches; the band without a
-- bound is that of a missing value.
create table policy_points (
    run_id integer not null references runs on delete cascade,
    position integer not null,
    measure text not null,
    lower_bound real,
    points real not null check (points >= 0),
    primary key (run_id, position),
    unique (run_id, measure, lower_bound)
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

-- Whom of the loans still to be collected the scores flag, by group; no share
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

-- How much open loans still to be collected differ from loans with an outcome,
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
