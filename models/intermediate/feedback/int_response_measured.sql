-- How much readier to speak the disappointed are than the content, by workspace and channel, and over all
-- workspaces (workspace null). Who is content tells his opinion as often whatever is known of the query;
-- then the average query lies between the disliked and the liked ones as far along as the share of the
-- content, and the odds of that share over the odds among those who spoke is the ratio of their
-- readiness.
with

scoped as (

    select * from {{ ref('int_opinions_by_band') }}

),

averages as (

    select
        scope,
        channel,
        sum(liking * queries) / nullif(sum(queries), 0) as liking_of_all,
        sum(liking * liked) / nullif(sum(liked), 0) as liking_of_liked,
        sum(liking * disliked) / nullif(sum(disliked), 0) as liking_of_disliked
    from scoped
    group by scope, channel

),

sums as (

    select
        averages.scope,
        averages.channel,
        averages.liking_of_all,
        averages.liking_of_liked,
        averages.liking_of_disliked,
        sum(scoped.liked) as liked,
        sum(scoped.disliked) as disliked,
        sum(scoped.liked_squares) as liked_squares,
        sum(scoped.disliked_squares) as disliked_squares,
        sum(scoped.queries * power(scoped.liking - averages.liking_of_all, 2))
        / nullif(power(sum(scoped.queries), 2), 0) as all_variance,
        sum(scoped.liked_squares * power(scoped.liking - averages.liking_of_liked, 2))
        / nullif(power(sum(scoped.liked), 2), 0) as liked_variance,
        sum(scoped.disliked_squares * power(scoped.liking - averages.liking_of_disliked, 2))
        / nullif(power(sum(scoped.disliked), 2), 0) as disliked_variance
    from scoped
    inner join averages
        on scoped.scope is not distinct from averages.scope and scoped.channel = averages.channel
    group by
        averages.scope,
        averages.channel,
        averages.liking_of_all,
        averages.liking_of_liked,
        averages.liking_of_disliked

),

placed as (

    select
        *,
        (liking_of_all - liking_of_disliked) / nullif(liking_of_liked - liking_of_disliked, 0)
            as content_share
    from sums

),

varied as (

    -- By the delta method.
    select
        *,
        (
            power(1 - content_share, 2) * disliked_variance
            + power(content_share, 2) * liked_variance
            + all_variance
        ) / power((liking_of_liked - liking_of_disliked) * content_share * (1 - content_share), 2)
        + liked_squares / power(liked, 2)
        + disliked_squares / power(disliked, 2) as variance
    from placed
    where liking_of_liked > liking_of_disliked and content_share > 0.01 and content_share < 0.99

),

final as (

    select
        scope as workspace,
        channel,
        {{ to_double('content_share') }} as content_share,
        {{ to_double('ln(content_share / (1 - content_share)) - ln(liked / disliked)') }} as log_ratio,
        {{ to_double('variance') }} as variance
    from varied

)

select * from final
