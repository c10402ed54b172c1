-- Grain: one row a loan of the shown run, if that run has a policy: the points
-- that the policy gives it for each measure, and their sum in hundredths as a
-- score from 0 to 1. Points are null where the policy has no rule on a measure.
create view policy_scores as
with points as (
    select
        loans.snapshot_id,
        loans.loan_id,
        case
            when loans.days_past_due >= days_past_due.top_lower
                then days_past_due.points_top
            when loans.days_past_due < days_past_due.upper_1
                then days_past_due.points_1
            when loans.days_past_due < days_past_due.upper_2
                then days_past_due.points_2
            when loans.days_past_due < days_past_due.upper_3
                then days_past_due.points_3
            when loans.days_past_due < days_past_due.upper_4
                then days_past_due.points_4
            when loans.days_past_due < days_past_due.upper_5
                then days_past_due.points_5
            when loans.days_past_due < days_past_due.upper_6
                then days_past_due.points_6
            when loans.days_past_due < days_past_due.upper_7
                then days_past_due.points_7
            else days_past_due.points_missing
        end as days_past_due_points,
        case
            when loans.missed_payments >= missed_payments.top_lower
                then missed_payments.points_top
            when loans.missed_payments < missed_payments.upper_1
                then missed_payments.points_1
            when loans.missed_payments < missed_payments.upper_2
                then missed_payments.points_2
            when loans.missed_payments < missed_payments.upper_3
                then missed_payments.points_3
            when loans.missed_payments < missed_payments.upper_4
                then missed_payments.points_4
            when loans.missed_payments < missed_payments.upper_5
                then missed_payments.points_5
            when loans.missed_payments < missed_payments.upper_6
                then missed_payments.points_6
            when loans.missed_payments < missed_payments.upper_7
                then missed_payments.points_7
            else missed_payments.points_missing
        end as missed_payments_points,
        case
            when loans.burden >= burden.top_lower then burden.points_top
            when loans.burden < burden.upper_1 then burden.points_1
            when loans.burden < burden.upper_2 then burden.points_2
            when loans.burden < burden.upper_3 then burden.points_3
            when loans.burden < burden.upper_4 then burden.points_4
            when loans.burden < burden.upper_5 then burden.points_5
            when loans.burden < burden.upper_6 then burden.points_6
            when loans.burden < burden.upper_7 then burden.points_7
            else burden.points_missing
        end as burden_points,
        case
            when loans.coverage >= coverage.top_lower then coverage.points_top
            when loans.coverage < coverage.upper_1 then coverage.points_1
            when loans.coverage < coverage.upper_2 then coverage.points_2
            when loans.coverage < coverage.upper_3 then coverage.points_3
            when loans.coverage < coverage.upper_4 then coverage.points_4
            when loans.coverage < coverage.upper_5 then coverage.points_5
            when loans.coverage < coverage.upper_6 then coverage.points_6
            when loans.coverage < coverage.upper_7 then coverage.points_7
            else coverage.points_missing
        end as coverage_points,
        case
            when loans.share_owed >= share_owed.top_lower
                then share_owed.points_top
            when loans.share_owed < share_owed.upper_1 then share_owed.points_1
            when loans.share_owed < share_owed.upper_2 then share_owed.points_2
            when loans.share_owed < share_owed.upper_3 then share_owed.points_3
            when loans.share_owed < share_owed.upper_4 then share_owed.points_4
            when loans.share_owed < share_owed.upper_5 then share_owed.points_5
            when loans.share_owed < share_owed.upper_6 then share_owed.points_6
            when loans.share_owed < share_owed.upper_7 then share_owed.points_7
            else share_owed.points_missing
        end as share_owed_points
    from shown_run
    left join int_policy_bands_pivoted as days_past_due
        on days_past_due.measure = 'days_past_due'
    left join int_policy_bands_pivoted as missed_payments
        on missed_payments.measure = 'missed_payments'
    left join int_policy_bands_pivoted as burden
        on burden.measure = 'burden'
    left join int_policy_bands_pivoted as coverage
        on coverage.measure = 'coverage'
    left join int_policy_bands_pivoted as share_owed
        on share_owed.measure = 'share_owed'
    cross join int_loan_ratios_computed as loans
    where exists (
        select 1 from policy_points where run_id = shown_run.run_id
    )
)

select
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
