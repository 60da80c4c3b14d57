{#- Orders the lines of an evaluator, the one that counts first: of its versions the newest (they are numbers of any
    length, so that the longer is the newer), of that version's lines the last. -#}
{% macro newest_score() -%}
    length(evaluator_version) desc, evaluator_version desc, batch_id desc, line_no desc
{%- endmacro %}
