-- Grain: one row per run and loan, if that run has a policy: the points that
-- the policy gives it for each measure, and their sum in hundredths, 0 to 1. It
-- is a rank, not a probability. Points are null where the policy has no rule on
-- a measure.
create view policy_scores_by_run as
with loans as (
    select
        run_id,
        snapshot_id,
        loan_id,
        coalesce(days_past_due, -1.0) as days_past_due,
        coalesce(missed_payments, -1.0) as missed_payments,
        coalesce(burden, -1.0) as burden,
        coalesce(coverage, -1.0) as coverage,
        coalesce(share_owed, -1.0) as share_owed
    from int_loan_ratios as ratios
    where exists (
        select 1
        from policy_points
        where policy_points.run_id = ratios.run_id
    )
),

points as (
    select
        loans.run_id,
        loans.snapshot_id,
        loans.loan_id,
        days.points + days.slope * (loans.days_past_due - days.lower_bound)
            as days_past_due_points,
        missed.points
            + missed.slope * (loans.missed_payments - missed.lower_bound)
            as missed_payments_points,
        burden.points + burden.slope * (loans.burden - burden.lower_bound)
            as burden_points,
        coverage.points
            + coverage.slope * (loans.coverage - coverage.lower_bound)
            as coverage_points,
        owed.points + owed.slope * (loans.share_owed - owed.lower_bound)
            as share_owed_points
    from loans
    left join int_policy_lines as days
        on days.run_id = loans.run_id
        and days.measure = 'days_past_due'
        and loans.days_past_due >= days.lower_bound
        and loans.days_past_due < days.upper_bound
    left join int_policy_lines as missed
        on missed.run_id = loans.run_id
        and missed.measure = 'missed_payments'
        and loans.missed_payments >= missed.lower_bound
        and loans.missed_payments < missed.upper_bound
    left join int_policy_lines as burden
        on burden.run_id = loans.run_id
        and burden.measure = 'burden'
        and loans.burden >= burden.lower_bound
        and loans.burden < burden.upper_bound
    left join int_policy_lines as coverage
        on coverage.run_id = loans.run_id
        and coverage.measure = 'coverage'
        and loans.coverage >= coverage.lower_bound
        and loans.coverage < coverage.upper_bound
    left join int_policy_lines as owed
        on owed.run_id = loans.run_id
        and owed.measure = 'share_owed'
        and loans.share_owed >= owed.lower_bound
        and loans.share_owed < owed.upper_bound
)

select
    run_id,
    snapshot_id,
    loan_id,
    days_past_due_points,
    missed_payments_points,
    burden_points,
    coverage_points,
    share_owed_points,
    min(
        1.0,
        (
            coalesce(days_past_due_points, 0)
            + coalesce(missed_payments_points, 0)
            + coalesce(burden_points, 0)
            + coalesce(coverage_points, 0)
            + coalesce(share_owed_points, 0)
        ) / 100.0
    ) as policy_score
from points;
