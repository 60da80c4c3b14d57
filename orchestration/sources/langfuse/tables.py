"""The Postgres tables of version 2."""

import datetime as dt

from orchestration.sources.database import Log

# Rows are changed while a call goes on, and for a while behind it: by then they are at rest.
_SETTLED = dt.timedelta(minutes=10)
LOGS = (
    Log(
        name="traces",
        needs="traces",
        select="select to_json(traces) as said, traces.timestamp as moment from traces",
        texts=("input", "output", "metadata"),
        settled=_SETTLED,
    ),
    Log(
        name="observations",
        needs="observations",
        select="""select
                json_build_object(
                    'observation', to_jsonb(observations),
                    'trace', to_jsonb(traces) - 'input' - 'output' - 'metadata',
                    'prompt', to_jsonb(prompts) - 'prompt' - 'config'
                ) as said,
                observations.start_time as moment
            from observations
            left join traces on observations.trace_id = traces.id
            left join prompts on observations.prompt_id = prompts.id
            where observations.end_time is not null
                or observations.start_time < now() - interval '1 hour'""",
        texts=("observation.input", "observation.output", "observation.metadata"),
        settled=_SETTLED,
    ),
    Log(
        name="scores",
        needs="scores",
        select="select to_json(scores) as said, scores.timestamp as moment from scores",
        texts=("comment",),
        settled=_SETTLED,
    ),
)
