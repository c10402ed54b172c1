-- Grain: one row per run, kind of mail and recipient: how the last attempt
-- ended, and whether any succeeded. A mail about a run that could not even be
-- recorded has no run.
create view delivery_history as
with numbered as (
    select
        *,
        row_number() over (
            partition by run_id, kind, recipient
            order by delivery_id desc
        ) as from_last,
        count(*) over (partition by run_id, kind, recipient) as attempts,
        max(status = 'sent') over (partition by run_id, kind, recipient)
            as is_reached
    from deliveries
)

select
    numbered.run_id,
    runs.as_of_date,
    numbered.kind,
    numbered.recipient,
    numbered.is_reached,
    numbered.attempts,
    numbered.status as last_status,
    numbered.reply as last_reply,
    numbered.started_at as last_started_at
from numbered
left join runs using (run_id)
where numbered.from_last = 1
order by numbered.delivery_id;
