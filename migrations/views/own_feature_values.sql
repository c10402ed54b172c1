-- Grain: one row a loan of the shown run and own feature: what the lender's own
-- column holds, as the kind that the configuration gives it. Null is missing:
-- nothing there, or a number that the import could not read and noted.
create view own_feature_values as
with unreadable as (
    select line, column_name
    from rejects
    where run_id = (select run_id from shown_run)
        and column_name is not null
        and not is_row_left_out
),

texts as (
    select
        loans.snapshot_id,
        loans.line,
        own.position,
        own.name,
        own.column_name,
        own.kind,
        case own.column_name
            when 'Employment_Type' then loans.employment_type
            when 'Loan_Type' then loans.loan_type
            when 'Payment_History' then loans.payment_history
            when 'Num_Dependents' then loans.dependents
            when 'Collection_Attempts' then loans.collection_attempts
            when 'Collection_Method' then loans.collection_method
            when 'Legal_Action_Taken' then loans.legal_action_taken
            else loans.extra ->> ('$."' || own.column_name || '"')
        end as value
    from stg_loans as loans
    cross join own_features as own
    where own.run_id = (select run_id from shown_run)
)

select
    snapshot_id,
    position,
    name,
    kind,
    case
        when kind = 'category' then cast(value as text)
        when (line, column_name) not in (
                select line, column_name
                from unreadable
            )
            then cast(value as real)
    end as value
from texts;
