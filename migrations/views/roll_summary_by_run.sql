-- Grain: one row per run and arrears bucket at the start of the month up to it:
-- how many of its loans rolled forward (moved to a later bucket, or were lost:
-- written off or settled at a loss; the report counts them so too), rolled
-- back (to an earlier one that is still late), cured (are up to date), stayed,
-- left paid or refinanced, or are gone without a reason, and the shares of the
-- balance at the start. Where loans are gone, the truth lies between the two
-- forward shares: none of them lost, and all of them.
create view roll_summary_by_run as
with moves as (
    select
        sums.run_id,
        sums.start_run_id,
        before.position as position_from,
        before.label as state_from,
        case
            when now.state = 'unknown' then 'unknown'
            when now.state in ('written_off', 'partially_recovered')
                then 'forward'
            when now.position > 5 then 'closed'
            when now.position > before.position then 'forward'
            when now.position = before.position then 'stay'
            when now.position = 0 then 'cure'
            else 'back'
        end as direction,
        sums.loans,
        sums.opening_minor
    from transition_sums as sums
    join loan_states as before on before.state = sums.state_from
    join loan_states as now on now.state = sums.state_to
    where before.position >= 0
),

totals as (
    select
        run_id,
        start_run_id,
        position_from,
        state_from,
        sum(loans) as loans,
        sum(opening_minor) as opening_minor,
        sum(iif(direction = 'forward', loans, 0)) as forward,
        sum(iif(direction = 'back', loans, 0)) as back,
        sum(iif(direction = 'cure', loans, 0)) as cure,
        sum(iif(direction = 'stay', loans, 0)) as stay,
        sum(iif(direction = 'closed', loans, 0)) as closed,
        sum(iif(direction = 'unknown', loans, 0)) as gone_unknown,
        sum(iif(direction = 'forward', opening_minor, 0)) as forward_minor,
        sum(iif(direction = 'cure', opening_minor, 0)) as cure_minor,
        sum(iif(direction = 'unknown', opening_minor, 0)) as unknown_minor
    from moves
    group by run_id, start_run_id, position_from, state_from
)

select
    totals.run_id,
    totals.start_run_id,
    totals.position_from,
    totals.state_from,
    totals.loans,
    totals.forward,
    totals.back,
    totals.cure,
    totals.stay,
    totals.closed,
    totals.gone_unknown,
    totals.forward * 100.0 / totals.loans as forward_percent,
    (totals.forward + totals.gone_unknown) * 100.0 / totals.loans
        as forward_at_most_percent,
    totals.cure * 100.0 / totals.loans as cure_percent,
    totals.opening_minor * 1.0 / runs.currency_scale as opening,
    totals.forward_minor * 100.0 / totals.opening_minor
        as forward_outstanding_percent,
    (totals.forward_minor + totals.unknown_minor) * 100.0 / totals.opening_minor
        as forward_outstanding_at_most_percent,
    totals.cure_minor * 100.0 / totals.opening_minor as cure_outstanding_percent
from totals
join runs using (run_id);
