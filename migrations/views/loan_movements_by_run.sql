-- Grain: one row per run and loan that came, went, was closed or written off,
-- or moved to another arrears bucket since the compared run. A loan that went
-- has no values of now, a new one none of before. Empty where there is no
-- compared run, or its loans were removed. A loan whose line could not be loaded
-- is not gone.
create view loan_movements_by_run as
with pairs as materialized (
    select
        runs.run_id,
        runs.currency_scale,
        earlier.run_id as earlier_run_id
    from compared_runs
    join runs using (run_id)
    join runs as earlier on earlier.run_id = compared_runs.compared_run_id
    where earlier.first_snapshot_id is not null
),

stayed_or_came as (
    select
        loans.run_id,
        loans.loan_id,
        loans.borrower_id,
        loans.outstanding_minor * 1.0 / loans.currency_scale as outstanding,
        before.outstanding_minor * 1.0 / loans.currency_scale
            as outstanding_before,
        loans.days_past_due,
        before.days_past_due as days_past_due_before,
        buckets.position as bucket,
        buckets_before.position as bucket_before,
        loans.is_live,
        loans.known_outcome,
        before.is_live as was_live
    from pairs
    cross join stg_loans as loans on loans.run_id = pairs.run_id
    cross join arrears_buckets as buckets
        on loans.days_past_due between buckets.first_day and buckets.last_day
    left join loan_snapshots as before
        on before.run_id = pairs.earlier_run_id
        and before.loan_key = loans.loan_key
    left join arrears_buckets as buckets_before
        on before.days_past_due
            between buckets_before.first_day and buckets_before.last_day
)

select
    run_id,
    case
        when days_past_due_before is null then 'new'
        when was_live and not is_live
            then iif(known_outcome = 'written_off', 'written_off', 'closed')
        when bucket > bucket_before then 'worse'
        else 'better'
    end as movement,
    loan_id,
    borrower_id,
    outstanding,
    outstanding_before,
    days_past_due,
    days_past_due_before,
    is_live,
    was_live
from stayed_or_came
where days_past_due_before is null
    or bucket <> bucket_before
    or (was_live and not is_live)
union all
select
    pairs.run_id,
    'gone',
    before.loan_id,
    before.borrower_id,
    null,
    before.outstanding_minor * 1.0 / pairs.currency_scale,
    null,
    before.days_past_due,
    0,
    before.is_live
from pairs
cross join stg_loans as before on before.run_id = pairs.earlier_run_id
where not exists (
    select 1
    from loan_snapshots as loans
    where loans.run_id = pairs.run_id
        and loans.loan_key = before.loan_key
)
and not exists (
    select 1
    from rejects
    where rejects.run_id = pairs.run_id
        and rejects.loan_key = before.loan_key
        and rejects.is_row_left_out
);
