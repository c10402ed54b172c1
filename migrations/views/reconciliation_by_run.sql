-- Grain: one row per run and line of the account of the live balance over the
-- month up to it. The first and the last balance are those that the two runs
-- reported then, so the difference is 0 unless something is wrong. A loan is in
-- one line: what a loan that left had owed is its line's amount, and a balance
-- that rose or fell is charged or paid. Loans that were erased from the first
-- run before the month was counted are in its balance only, and have a line.
create view reconciliation_by_run as
with lines as (
    select
        4 as position,
        'charged' as line,
        'Interest and charges, where a balance rose' as label
    union all
    values (5, 'paid', 'Paid, where a balance fell')
    union all
    select
        iif(position < 0, position + 4, position),
        state,
        label
    from loan_states
    where length(state) > 1
),

flows as (
    select
        sums.run_id,
        sums.start_run_id,
        lines.position,
        lines.line,
        lines.label,
        sum(
            case
                when lines.line = 'charged' then sums.loans_charged
                when lines.line = 'paid' then sums.loans_paid
                when lines.line in (sums.state_from, sums.state_to)
                    then sums.loans
                else 0
            end
        ) as loans,
        sum(
            case
                when lines.line = 'charged' then sums.charged_minor
                when lines.line = 'paid' then -sums.paid_minor
                when lines.line in (sums.state_from, sums.state_to)
                    then sums.closing_minor - sums.opening_minor
                else 0
            end
        ) as amount_minor
    from transition_sums as sums
    cross join lines
    group by sums.run_id, sums.start_run_id, lines.position
),

counted as (
    select
        sums.run_id,
        coalesce(sum(sums.loans) filter (where states.position >= 0), 0)
            as loans,
        sum(sums.opening_minor) as opening_minor
    from transition_sums as sums
    join loan_states as states on states.state = sums.state_from
    group by sums.run_id
),

months as (
    select
        flows.run_id,
        before.live_loans as loans_before,
        before.outstanding_minor as opening_minor,
        now.live_loans,
        now.outstanding_minor as closing_minor,
        sum(flows.amount_minor) as change_minor,
        iif(starts.erased_loans > 0, before.live_loans - counted.loans, 0)
            as loans_erased,
        iif(
            starts.erased_loans > 0,
            before.outstanding_minor - counted.opening_minor,
            0
        ) as erased_minor
    from flows
    join runs as starts on starts.run_id = flows.start_run_id
    join run_summaries as before on before.run_id = flows.start_run_id
    join run_summaries as now on now.run_id = flows.run_id
    join counted on counted.run_id = flows.run_id
    group by flows.run_id
),

account as (
    select
        run_id,
        position,
        line,
        label,
        loans,
        amount_minor
    from flows
    union all
    select
        run_id,
        1,
        'opening',
        'Live balance at the start',
        loans_before,
        opening_minor
    from months
    union all
    select
        run_id,
        11,
        'erased',
        'Erased from the first file',
        loans_erased,
        -erased_minor
    from months
    union all
    select
        run_id,
        12,
        'closing',
        'Live balance now',
        live_loans,
        closing_minor
    from months
    union all
    select
        run_id,
        13,
        'difference',
        'Difference',
        null,
        opening_minor - erased_minor + change_minor - closing_minor
    from months
)

select
    account.run_id,
    account.position,
    account.line,
    account.label,
    account.loans,
    account.amount_minor * 1.0 / runs.currency_scale as amount
from account
join runs using (run_id);
