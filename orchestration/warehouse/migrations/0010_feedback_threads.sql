-- Feedback that names only a session is counted with the others of its session, so that edits find what
-- they replace. The second separator keeps a session apart from a query of the same id.
drop index raw.feedback_log_thread;
create index feedback_log_thread on raw.feedback_log ((
    coalesce(
        md5(workspace || chr(31) || query_id)::uuid,
        md5(workspace || chr(31) || chr(31) || session_id)::uuid,
        event_key
    )
));
