-- Grain: one row per complete run, month of disbursal (vintage) and month on
-- book up to the run: how the loans had done by the last run in that month.
-- ever30, ever90: were ever seen over 30 or 90 days past due by then; lost:
-- written off or settled at a loss; closed loans count among the loans. Only of
-- loans that were in the file by the month after their disbursal; of a loan
-- without a date it is the month in which the file first has it. live_loans are
-- all that were live then, however late they came, and now30 those of them that
-- were over 30 days past due. Percentages are of loans, with 95 % intervals, or
-- of original amounts; those of ever30, ever90 and lost are null where there are
-- too few loans for an interval. is_complete: no later file of that month is to
-- come.
create view vintages_by_run as
with points as (
    select
        panel.run_id,
        panel.as_of_date,
        sums.run_id as point_run_id,
        sums.vintage,
        sums.months_on_book,
        sums.loans,
        iif(sums.ever30_lower_95 is null, null, sums.loans) as loans_if_enough,
        sums.original_minor,
        sums.ever30,
        sums.ever30_minor,
        sums.ever90,
        sums.ever90_minor,
        sums.lost,
        sums.lost_minor,
        sums.live_loans,
        sums.live_minor,
        sums.now30,
        sums.now30_minor,
        sums.ever30_lower_95,
        sums.ever30_upper_95,
        sums.ever90_lower_95,
        sums.ever90_upper_95,
        sums.lost_lower_95,
        sums.lost_upper_95,
        row_number() over (
            partition by panel.run_id, sums.vintage, sums.months_on_book
            order by panel.as_of_date desc
        ) as nth_of_month
    from panel_of_run as panel
    join vintage_sums as sums on sums.run_id = panel.panel_run_id
)

select
    points.run_id,
    points.point_run_id,
    points.vintage,
    points.months_on_book,
    points.loans,
    points.original_minor * 1.0 / runs.currency_scale as original,
    points.ever30,
    points.ever30 * 100.0 / points.loans_if_enough as ever30_percent,
    points.ever30_lower_95 * 100 as ever30_lower_95_percent,
    points.ever30_upper_95 * 100 as ever30_upper_95_percent,
    iif(points.loans_if_enough, points.ever30_minor, null)
    * 100.0 / nullif(points.original_minor, 0) as ever30_original_percent,
    points.ever90,
    points.ever90 * 100.0 / points.loans_if_enough as ever90_percent,
    points.ever90_lower_95 * 100 as ever90_lower_95_percent,
    points.ever90_upper_95 * 100 as ever90_upper_95_percent,
    iif(points.loans_if_enough, points.ever90_minor, null)
    * 100.0 / nullif(points.original_minor, 0) as ever90_original_percent,
    points.lost,
    points.lost * 100.0 / points.loans_if_enough as lost_percent,
    points.lost_lower_95 * 100 as lost_lower_95_percent,
    points.lost_upper_95 * 100 as lost_upper_95_percent,
    iif(points.loans_if_enough, points.lost_minor, null)
    * 100.0 / nullif(points.original_minor, 0) as lost_original_percent,
    points.live_loans,
    points.now30,
    points.now30_minor * 100.0 / nullif(points.live_minor, 0)
        as now30_original_percent,
    strftime('%Y-%m', points.as_of_date)
    < strftime('%Y-%m', runs.as_of_date, '+7 days') as is_complete,
    points.as_of_date
from points
join runs using (run_id)
where points.nth_of_month = 1;
