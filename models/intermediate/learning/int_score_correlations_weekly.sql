-- One row a local week, workspace and pair of evaluators that scored the same answers: how far what they say
-- goes together. Ranks are those of the steps, ties in their middle. Sums are of whole steps, which doubles
-- hold exactly: of twentieths they leave noise where nothing varies, and noise goes together with noise.
with

compared as (

    select * from {{ ref('agg_score_pairs_weekly') }}
    where reference_step >= 0

),

steps as (

    select
        workspace,
        week,
        evaluator,
        reference,
        step,
        sum(entries) as n,
        sum(sum(entries)) over (partition by workspace, week, evaluator, reference order by step) as up_to
    from compared
    group by workspace, week, evaluator, reference, step

),

reference_steps as (

    select
        workspace,
        week,
        evaluator,
        reference,
        reference_step,
        sum(entries) as n,
        sum(sum(entries)) over (
            partition by workspace, week, evaluator, reference order by reference_step
        ) as up_to
    from compared
    group by workspace, week, evaluator, reference, reference_step

),

ranked as (

    select
        compared.*,
        {{ to_double('compared.entries') }} as n,
        {{ to_double('compared.step') }} as x,
        {{ to_double('compared.reference_step') }} as y,
        steps.up_to - ({{ to_double('steps.n') }} - 1) / 2 as x_rank,
        reference_steps.up_to - ({{ to_double('reference_steps.n') }} - 1) / 2 as y_rank
    from compared
    inner join steps
        on
            compared.workspace = steps.workspace
            and compared.week = steps.week
            and compared.evaluator = steps.evaluator
            and compared.reference = steps.reference
            and compared.step = steps.step
    inner join reference_steps
        on
            compared.workspace = reference_steps.workspace
            and compared.week = reference_steps.week
            and compared.evaluator = reference_steps.evaluator
            and compared.reference = reference_steps.reference
            and compared.reference_step = reference_steps.reference_step

),

sums as (

    select
        workspace,
        week,
        evaluator,
        reference,
        {{ sum_counts('entries') }} as compared_answers,
        sum(n * x) as sum_x,
        sum(n * y) as sum_y,
        sum(n * x * x) as sum_xx,
        sum(n * y * y) as sum_yy,
        sum(n * x * y) as sum_xy,
        sum(n * x_rank) as sum_rank,
        sum(n * x_rank * x_rank) as sum_x_ranks,
        sum(n * y_rank * y_rank) as sum_y_ranks,
        sum(n * x_rank * y_rank) as sum_xy_ranks
    from ranked
    group by workspace, week, evaluator, reference

),

final as (

    select
        workspace,
        week,
        evaluator,
        reference,
        (sum_xx + sum_yy - 2 * sum_xy) / compared_answers / 400 as mean_square_difference,
        {{ correlation('sum_x', 'sum_y', 'sum_xx', 'sum_yy', 'sum_xy') }} as pearson,
        {{ correlation('sum_rank', 'sum_rank', 'sum_x_ranks', 'sum_y_ranks', 'sum_xy_ranks') }} as spearman,
        1 - (sum_xx + sum_yy - 2 * sum_xy)
        / nullif(sum_xx + sum_yy - 2 * sum_x * sum_y / compared_answers, 0) as weighted_kappa,
        (sum_x - sum_y) / compared_answers / 20 as mean_step_difference
    from sums

)

select * from final
