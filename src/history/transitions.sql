-- From which state to which the loans of the live book went in the month up to
-- run ?1, and what they owed at its start and its end.
insert into transition_sums (
    run_id, start_run_id, state_from, state_to, loans, opening_minor,
    closing_minor, loans_charged, charged_minor, loans_paid, paid_minor,
    cash_minor
)
select
    checks.run_id,
    moves.start_run_id,
    moves.state_from,
    moves.state_to,
    sum(moves.loans),
    sum(moves.opening_minor),
    sum(moves.closing_minor),
    sum(moves.loans_charged),
    sum(moves.charged_minor),
    sum(moves.loans_paid),
    sum(moves.paid_minor),
    iif(
        checks.basis in ('still', 'accrued'),
        cast(round(sum(moves.cash_minor)) as integer),
        null
    )
from balance_checks as checks
cross join temp.month_moves as moves
where checks.run_id = ?1
group by moves.state_from, moves.state_to
