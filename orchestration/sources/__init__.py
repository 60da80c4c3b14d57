"""Logs that other systems write, as lines of the landing contract.

A source is one pure function from what a system says to lines of the contract. Its lines go through
the same lander as native ones, so duplicates, conflicts, quarantine, replay, the vault, erasure and
the ledger hold for them, and a refresh does not know where a row came from.

To add a source:

1. Write a module here with `lines(record)`: it takes one decoded record (a JSON object, unless the
   source says otherwise) and yields contract lines as dicts. Pure and deterministic: no clock, no
   state, no look at other records, so that order, batches and repetitions cannot matter. A fault of
   one line must not sink the record: pass a wrong value on as it is (the landing rules refuse that
   line, with the path). `None` instead of lines says "this is none of mine": the record goes on as
   it came.
2. Fill the envelope: `source` is the name of the source; `event_id` comes from the system's own
   ids, so that landing twice is a duplicate; `query_id` from the id of the trace or request.
   Several `query` lines of one `query_id` become one query (see `fct_query_parts`).
3. Texts go to the fields of the contract that the vault takes, never to `attributes`. Use
   `Leftovers` for everything that no field takes: what the source's tables know stays in
   `attributes`; what they do not know goes under `attributes.unknown`, from where landing counts it
   into `landing.drift`, by source and kind. There, and of what an application named itself, only
   numbers and single words stay, under names that are about nobody; a text leaves its length.
4. Say how a file is recognised: `tells(head)` sees its first bytes, unpacked (gzip and Parquet are
   taken care of; a Parquet row is a JSON line by then). `has_keys` is the usual answer for JSON
   lines.
5. Add a `Source` to `FOUND` in `registry.py`. A source that nobody can recognise (a CSV with a
   mapping) is left out of it and handed to `Lander(source=...)`.
6. Write the reader's page in `docs/sources/`, and a test that lands a file of your own making.

`records` cuts a stream into the bytes of records (lines by default), `decode` reads one of them
(exactly, by default: repeated keys, NaN, lone surrogates and the like are refused, and the record
is quarantined as it came, with the same reason codes as any line).
"""
