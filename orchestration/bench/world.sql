-- A fixed world for measurements: the same rows on every machine, made in the database since the landing has
-- its own bench. 50 workspaces and 200,000 people by Zipf, 5 surfaces, 8 models. Batches land when their last
-- query was asked, not when the bench runs, so that the marts say the same whenever it does.
create schema bench;

create function bench.uniform(id bigint, salt bigint) returns double precision
language sql immutable as $$
    select (hashint8extended(id, salt) & 4294967295) / 4294967296.0;
$$;

-- Whoever watches is told, as by a lander: otherwise they look every ten seconds.
create function bench.batch(rows bigint, landed timestamptz) returns bigint language sql as $$
    with batch as (
        insert into landing.batch (reader, sha256, first_line, byte_start, byte_end, lines, accepted,
            duplicate, conflict, quarantined, accepted_by_kind, contract_version, landed_at)
        values ('file', '', 1, 0, 1, rows, rows, 0, 0, 0, '{}', 1, landed)
        returning batch_id
    )
    select batch_id from batch cross join lateral (select pg_notify('landing_batch', batch_id::text)) as told;
$$;

-- What the queries with these ids say: sessions of three questions, each of one person on one surface. Every
-- tenth session is late, by up to the interval.
create function bench.queries(id_from bigint, id_to bigint, start timestamptz, span interval, late interval)
returns table (id bigint, ts timestamptz, workspace text, person bigint, session_id text, surface text, model int)
language sql as $$
    select
        id,
        case when id / 3 % 10 = 9 and late > interval '0'
            then start - late * bench.uniform(id / 3, 1) + id % 3 * interval '1 minute'
            else start + span * ((id - id_from)::double precision / (id_to - id_from)) end,
        'w' || floor(power(51, bench.uniform(id / 3, 2)))::int,
        floor(power(200001, bench.uniform(id / 3, 3)))::bigint,
        's' || id / 3,
        'surface' || id / 3 % 5,
        floor(8 * bench.uniform(id, 5))::int
    from generate_series(id_from, id_to - 1) as id;
$$;

-- Says where the last of them is looked for.
create function bench.deliver(
    id_from bigint, id_to bigint, start timestamptz, span interval, late interval
) returns table (workspace text, day date, query_key uuid) language plpgsql as $$
#variable_conflict use_column
declare
    main bigint := bench.batch((id_to - id_from) * 3, start + span);
    later bigint := bench.batch((id_to - id_from) * 2, start + span);
begin
    create temp table asked on commit drop as
        select *, md5(workspace || ' ' || person)::uuid as subject_ref,
            exp(6 + 2 * bench.uniform(id, 6)) as latency_ms,
            case when id % 20 = 4 then 0 else 2 end as results
        from bench.queries(id_from, id_to, start, span, late);
    insert into raw.query_log (event_key, batch_id, line_no, event_id, ts, workspace, source, session_id,
        subject_ref, status, query_id, surface, feature, provider, model, latency_ms, first_token_ms,
        retrieval_ms, llm_ms, complexity)
    select md5('q' || id)::uuid, main, 1, 'q' || id, ts, workspace, 'native', session_id, subject_ref,
        case when bench.uniform(id, 4) < 0.95 then 'ok' else 'error' end, 'q' || id,
        surface, 'feature' || id % 12, 'provider' || model % 2, 'model' || model,
        latency_ms, exp(4 + 2 * bench.uniform(id, 7)),
        exp(3 + 2 * bench.uniform(id, 8)), exp(5.5 + 2 * bench.uniform(id, 9)), bench.uniform(id, 10)
    from asked;
    insert into raw.guardrail_log (event_key, batch_id, line_no, event_id, ts, workspace, source,
        guardrail, verdict, query_id, category, latency_ms)
    select md5('g' || id)::uuid, main, 1, 'g' || id, ts, workspace, 'native', 'guardrail' || id % 4,
        case when bench.uniform(id, 11) < 0.97 then 'pass' else 'block' end, 'q' || id, null,
        exp(2 + bench.uniform(id, 12))
    from asked where id % 2 = 0;
    insert into raw.usage_log (event_key, batch_id, line_no, event_id, ts, workspace, source, subject_ref,
        feature, action, surface)
    select md5('u' || id)::uuid, main, 1, 'u' || id, ts, workspace, 'native', subject_ref,
        'feature' || id % 12, 'open', surface
    from asked where id % 2 = 1;
    insert into raw.retrieval_log (event_key, batch_id, line_no, event_id, ts, workspace, source,
        result_count, query_id, data_source, index_version, status, latency_ms)
    select md5('r' || id)::uuid, main, 1, 'r' || id, ts, workspace, 'native', results, 'q' || id,
        'source' || id % 3, 'v1', 'ok', exp(3 + 2 * bench.uniform(id, 13))
    from asked where id % 2 = 0;
    insert into raw.retrieval_document (event_key, batch_id, line_no, ts, workspace, position, doc_id,
        rank, score, in_context, cited)
    select md5('r' || id)::uuid, main, 1, ts, workspace, position, 'd' || (id + position) % 1000,
        position, bench.uniform(id, 14), true, position = 1
    from asked cross join generate_series(1, results) as position where id % 2 = 0;
    -- Costs and feedback come in another batch than their queries, and later; every twentieth query is rated.
    insert into raw.cost_log (event_key, batch_id, line_no, event_id, ts, workspace, source, subject_ref,
        model, query_id, call_type, provider, input_tokens, output_tokens, requests, reported_cost, currency)
    select md5('c' || id)::uuid, later, 1, 'c' || id, ts + latency_ms * interval '1 millisecond', workspace,
        'native', subject_ref, 'model' || model, 'q' || id, 'generation', 'provider' || model % 2,
        1000 + id % 1000, 100 + id % 300, 1, 0.001 + (id % 997) * 0.000001, 'USD'
    from asked;
    insert into raw.feedback_log (event_key, batch_id, line_no, event_id, ts, workspace, source, type,
        query_id, value, solicited, answered, reasons)
    select md5('f' || id)::uuid, later, 1, 'f' || id, ts + interval '1 hour', workspace, 'native', 'thumb',
        'q' || id, case when bench.uniform(id, 15) < 0.7 then 1 else -1 end, false, true,
        array['reason' || id % 7]
    from asked where id % 20 = 0;
    return query
        select workspace, (ts at time zone 'UTC')::date, md5('q' || id)::uuid from asked where id = id_to - 1;
    drop table asked;
end
$$;

-- People who set something in each of their messages: a tone, most of them the one that they like, with a persona
-- and platforms; an hour apart.
create function bench.choose(people int, message_from int, message_to int, start timestamptz)
returns void language sql as $$
    insert into raw.query_log (event_key, batch_id, line_no, event_id, ts, workspace, source, subject_ref, status,
        query_id, surface, attributes)
    select md5('p' || person || ' ' || message)::uuid, batch.id, 1, 'p' || person || ' ' || message,
        start + message * interval '1 hour', 'w' || person % 50, 'native', md5('person' || person)::uuid, 'ok',
        'p' || person || ' ' || message, 'content',
        jsonb_build_object(
            'tone', 'tone' || case when bench.uniform(person * 1000 + message, 16) < 0.7 then person else message end % 4,
            'persona', 'persona' || person % 3, 'platforms', 'platform' || (person + message) % 4)
    from bench.batch(people * (message_to - message_from), start) as batch (id)
    cross join generate_series(1, people) as person
    cross join generate_series(message_from, message_to - 1) as message;
$$;
