-- Grain: one row per run, loan and own feature that the loan has a value of:
-- what the lender's own column holds, as the kind that the configuration gives
-- it. A number that the import could not read is no value; it is in rejects.
create view own_feature_values_by_run as
with texts as (
    select
        loans.run_id,
        loans.snapshot_id,
        loans.line,
        own.position,
        own.name,
        own.column_name,
        own.kind,
        field.value
    from stg_loans as loans
    cross join json_each(loans.extra) as field
    cross join own_features as own
        on own.run_id = loans.run_id
        and own.column_name = field.key
    union all
    select
        loans.run_id,
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
            when 'Branch' then loans.branch
            when 'Officer' then loans.officer
            when 'Product' then loans.product
        end
    from stg_loans as loans
    cross join own_features as own on own.run_id = loans.run_id
)

select
    run_id,
    snapshot_id,
    position,
    name,
    kind,
    iif(kind = 'category', cast(value as text), cast(value as real)) as value
from texts
where value is not null
    and (
        kind = 'category'
        or not exists (
            select 1
            from rejects
            where rejects.run_id = texts.run_id
                and rejects.line = texts.line
                and rejects.column_name = texts.column_name
                and not rejects.is_row_left_out
        )
    );
