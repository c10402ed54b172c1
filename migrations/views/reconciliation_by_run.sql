-- Grain: one row per run and line of the account of the live balance over the
-- month up to it. The first and the last balance are those that the two runs
-- reported then, so the difference is 0 unless something is wrong. A loan is in
-- one line: what a loan that left had owed is its line's amount, and a balance
-- that rose or fell is charged or paid.
create view reconciliation_by_run as
with lines (position, line, label) as (
    values
    (2, 'new', 'New loans'),
    (3, 'returned', 'Loans back in the book'),
    (4, 'charged', 'Interest and charges, where a balance rose'),
    (5, 'paid', 'Paid, where a balance fell'),
    (6, 'fully_recovered', 'Paid in full'),
    (7, 'refinanced', 'Refinanced'),
    (8, 'partially_recovered', 'Settled at a loss'),
    (9, 'written_off', 'Written off'),
    (10, 'unknown', 'Gone, reason unknown')
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

months as (
    select
        flows.run_id,
        before.live_loans as loans_before,
        before.outstanding_minor as opening_minor,
        now.live_loans,
        now.outstanding_minor as closing_minor,
        sum(flows.amount_minor) as change_minor
    from flows
    join run_summaries as before on before.run_id = flows.start_run_id
    join run_summaries as now on now.run_id = flows.run_id
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
        'closing',
        'Live balance now',
        live_loans,
        closing_minor
    from months
    union all
    select
        run_id,
        12,
        'difference',
        'Difference',
        null,
        opening_minor + change_minor - closing_minor
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
