-- Grain: one row per run and calendar month in which loans fell over 30 days
-- behind, of which all days are 12 weeks past: what became of the loans within
-- 12 weeks. Those that caught up were up to date; caught_up_unpaid are those of
-- them whose balance hardly fell. cured are those that caught up and were not
-- over 30 days past due again for the weeks of probation of the configuration
-- (they may have been late for up to 30 days), redefaulted those of the cured
-- that were over 30 days past due again in the weeks after; null until the time
-- for it has passed.
create view cures_by_run as
select
    run_id,
    month,
    loans,
    caught_up,
    caught_up * 100.0 / loans as caught_up_percent,
    lower_95 * 100 as lower_95_percent,
    upper_95 * 100 as upper_95_percent,
    caught_up_unpaid,
    half_caught_up_weeks,
    paid_off,
    refinanced,
    lost,
    unknown,
    loans - caught_up - paid_off - refinanced - lost - unknown as still_behind,
    cured,
    redefaulted
from cure_sums;
