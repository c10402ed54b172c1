-- Grain: one row per item of the model card of a run: what the scores in use
-- are for, how they were made, how good they are, and their limits. Values are
-- text, or numbers with their interval where they have one.
create view model_card_by_run as
with used as (
    select
        runs.run_id,
        runs.score_source,
        runs.gate_reason,
        runs.forced_model,
        runs.as_of_date,
        runs.input_name,
        runs.input_sha256,
        runs.config_sha256,
        runs.program_version,
        runs.seed,
        runs.loans_loaded,
        models.model_id,
        models.kind,
        models.version,
        models.parameters,
        models.feature_names,
        models.trained_loans,
        models.calibration
    from runs
    join models using (run_id)
    where models.is_in_use
),

items as (
    select
        run_id,
        1 as position,
        'purpose' as section,
        'use' as item,
        'order and choose recovery actions for the loans of one lender; a '
        || 'person decides on each' as value,
        null as lower_95,
        null as upper_95
    from used
    union all
    select
        run_id,
        2,
        'purpose',
        'not for',
        'granting or refusing credit, or judging a borrower',
        null,
        null
    from used
    union all
    select run_id, 10, 'data', 'file', input_name, null, null from used
    union all
    select run_id, 11, 'data', 'loans in the file', loans_loaded, null, null from used
    union all
    select run_id, 12, 'data', 'loans learnt from', trained_loans, null, null from used
    union all
    select run_id, 13, 'data', 'period', 'one snapshot, as of ' || as_of_date, null, null
    from used
    union all
    select
        run_id,
        20,
        'target',
        'what is predicted',
        case
            when kind = 'policy'
                then 'nothing: points by the lender''s rules put loans in order'
            else 'not fully recovered (1: partially recovered or written off) '
                || 'against fully recovered (0), learnt from finished loans; '
                || 'live loans are scored'
        end,
        null,
        null
    from used
    union all
    select
        run_id,
        30,
        'features',
        'seen by the model',
        (
            select group_concat(value, ', ')
            from json_each(used.feature_names)
        ),
        null,
        null
    from used
    union all
    select
        run_id,
        31,
        'features',
        'barred: ' || subject,
        reason,
        null,
        null
    from feature_audit_by_run
    where verdict = 'barred'
    union all
    select
        run_id,
        32,
        'features',
        'warned of: ' || subject,
        reason,
        null,
        null
    from feature_audit_by_run
    where verdict in ('warned', 'refused')
    union all
    select run_id, 40, 'metrics', metric, value, lower_95, upper_95
    from used
    join model_metrics using (model_id)
    -- Points are not probabilities: only their order is compared with outcomes.
    where used.kind <> 'policy'
        or metric in ('auc', 'ks', 'loans', 'not_recovered')
        or metric like '%@%'
    union all
    select run_id, 50, 'gate', 'scores in use', score_source, null, null from used
    union all
    select run_id, 51, 'gate', 'why', gate_reason, null, null from used
    union all
    select run_id, 52, 'gate', 'asked for', 'model = ' || forced_model, null, null
    from used
    where forced_model is not null
    union all
    select run_id, 53, 'gate', 'verdict on ' || candidate, verdict, null, null
    from model_comparison_by_run
    union all
    select
        run_id,
        60,
        'limits',
        'known limits',
        'one snapshot knows nothing of time; outcomes are as the file says; '
        || case
            when kind = 'policy'
                then 'points are a rank, not a probability; '
            else 'a score is a probability among loans like these, not a cause; '
        end
        || 'groups with few loans are judged with little certainty',
        null,
        null
    from used
    union all
    select
        run_id,
        61,
        'limits',
        'when features were measured',
        'features are those of the as-of day: for loans that are closed they '
        || 'may have been measured after the outcome, which makes scores look '
        || 'better than they are for live loans; where finished loans show '
        || 'values that live ones do not share, no model is used',
        null,
        null
    from used
    union all
    select
        run_id,
        62,
        'limits',
        'whom the scores are used on',
        'models learn from loans with an outcome and are used on open ones, '
        || 'which may differ: population_stability says by how much',
        null,
        null
    from used
    union all
    select
        run_id,
        63,
        'limits',
        'borrowers with several loans',
        'loans of one borrower are kept together: no model is tested on a '
        || 'borrower that it learnt from, and intervals count borrowers',
        null,
        null
    from used
    union all
    select run_id, 70, 'version', 'program', program_version, null, null from used
    union all
    select run_id, 71, 'version', 'model', kind || ', format ' || version, null, null
    from used
    union all
    select run_id, 72, 'version', 'parameters', parameters, null, null from used
    union all
    select run_id, 73, 'version', 'calibration', calibration, null, null from used
    union all
    select run_id, 74, 'version', 'seed', seed, null, null from used
    union all
    select run_id, 75, 'version', 'SHA-256 of the file', input_sha256, null, null
    from used
    union all
    select run_id, 76, 'version', 'SHA-256 of the settings', config_sha256, null, null
    from used
)

select run_id, position, section, item, value, lower_95, upper_95
from items;
