{#- Steps that end in `corrected`: a row a `grain` of `cells` (workspace, channel, liked, disliked and their squares),
    with the log-odds of being content and their variance. A cell leans on its workspace's average of the channel, over
    `homes`, which has each opinion once; both channels are corrected by `ratios` and then averaged, each by how sure it is.
    A channel in which nobody spoke says nothing. -#}
{% macro correction_steps(grain, homes='cells') -%}
{%- set keys = grain | join(', ') -%}
{%- set spread = 'power(' ~ var('opinion_log_odds_spread') ~ ', 2)' -%}
even as (

    select
        {{ keys }},
        channel,
        {{ worth('liked') }} as liked,
        {{ worth('disliked') }} as disliked
    from cells
    where liked + disliked > 0

),

homes as (

    select
        workspace,
        channel,
        ln({{ to_double('sum(' ~ worth('liked') ~ ') + 0.5') }} / (sum({{ worth('disliked') }}) + 0.5)) as log_odds,
        1 / {{ to_double('sum(' ~ worth('liked') ~ ') + 0.5') }}
        + 1 / {{ to_double('sum(' ~ worth('disliked') ~ ') + 0.5') }} + {{ spread }} as variance
    from {{ homes }}
    group by workspace, channel

),

pooled as (

    select
        {% for key in grain %}even.{{ key }}, {% endfor %}
        (ln({{ to_double('even.liked + 0.5') }} / (even.disliked + 0.5)) / {{ opinion_variance() }} + homes.log_odds / homes.variance)
        / (1 / {{ opinion_variance() }} + 1 / homes.variance) + ratios.log_ratio as log_odds,
        1 / (1 / {{ opinion_variance() }} + 1 / homes.variance) + ratios.variance as variance
    from even
    inner join homes on even.workspace = homes.workspace and even.channel = homes.channel
    inner join ratios on even.workspace = ratios.workspace and even.channel = ratios.channel

),

corrected as (

    select
        {{ keys }},
        sum(log_odds / variance) / sum(1 / variance) as log_odds,
        1 / sum(1 / variance) as variance
    from pooled
    group by {{ keys }}

)
{%- endmacro %}


{#- Uneven weights are worth fewer opinions than they count. -#}
{% macro worth(opinions) -%}
    coalesce(round({{ opinions }} * (liked + disliked) / nullif(liked_squares + disliked_squares, 0), 6), 0)
{%- endmacro %}


{% macro opinion_variance() -%}
    (1 / {{ to_double('even.liked + 0.5') }} + 1 / {{ to_double('even.disliked + 0.5') }})
{%- endmacro %}


{% macro share_of_odds(log_odds) -%}
    (1 / (1 + exp(-({{ log_odds }}))))
{%- endmacro %}
