"""Topics whose answers rest on the same passages are one, in whatever language they are asked.

Average word vectors know no translation and few synonyms, so that clusters of texts split a topic. What
the answers cite does not depend on words. United clusters stay where they lie, and take in what is like
them; only what they count as changes.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage

from orchestration.scoring.embedding import Vectors, embedder
from orchestration.scoring.questions.clusters import Places
from orchestration.scoring.questions.store import lock

Session = psycopg.Connection[Any]
# Of the likeness of what is cited, beside that of what is asked. Round; pairwise F1 on the simulator is
# flat between 0.3 and 0.45 of `ONE`.
OF_CITATIONS = 0.5
ONE = 0.4
# A handbook that is logged as one piece, and that most answers cite, makes no topic: share of what
# topics cite on average, and from how many of them that can be told.
MOST_SHARE, TELLING = 0.25, 8
# Linkage looks at every pair; the smallest are left as they are.
MOST = 3_000

_COUNT = """
    with lesson as (
        select batch_id from ops.admitted_batch inner join landing.batch using (batch_id)
        where seq > %s and seq <= %s and accepted_by_kind ? 'retrieval'
    )
    insert into ops.cluster_passage (cluster_id, passage_ref, citations)
    select one.cluster_id,
        md5(document.doc_id || chr(31) || coalesce(document.chunk_id, ''))::uuid, count(*)
    from raw.retrieval_log
    inner join raw.retrieval_document as document using (event_key, batch_id, ts, workspace)
    inner join vault.cluster_question as one
        on retrieval_log.workspace = one.workspace and retrieval_log.query_id = one.query_id
    where
        retrieval_log.batch_id = any(array(select batch_id from lesson))
        and document.batch_id = any(array(select batch_id from lesson))
        and document.cited and one.kind = 'topic' and one.cluster_id is not null
    group by 1, 2
    on conflict (cluster_id, passage_ref)
    do update set citations = cluster_passage.citations + excluded.citations"""
_TOPICS = """
    select coalesce(merged_into, cluster_id), vector_sum, questions
    from ops.question_cluster inner join vault.question_cluster using (cluster_id)
    where kind = 'topic' and workspace = %s
    order by first_asked_at, cluster_id"""
_CITED = """
    select coalesce(merged_into, cluster_id), passage_ref::text, citations
    from ops.question_cluster inner join ops.cluster_passage using (cluster_id)
    where kind = 'topic' and workspace = %s"""
_UNITE = """
    update ops.question_cluster set merged_into = kept
    from (select unnest(%s::text []) as gone, unnest(%s::text []) as kept) as united
    where cluster_id = gone or merged_into = gone"""
_CURRENT = """
    select distinct coalesce(merged_into, cluster_id) from ops.question_cluster
    where cluster_id = any(%s)"""


def count_citations(session: Session, seq_from: int, seq_to: int) -> None:
    """Of the retrievals that are new. Counted once more by a lesson that is repeated: what matters are
    the shares."""
    with session.transaction():
        session.execute("set local enable_nestloop = off")
        session.execute(_COUNT, (seq_from, seq_to))


def unite(session: Session, workspace: str) -> None:
    """The topic that came first keeps its id."""
    with session.transaction():
        lock(session, workspace)
        rows = session.execute(_TOPICS, (workspace,)).fetchall()
        place = {name: at for at, name in enumerate(dict.fromkeys(row[0] for row in rows))}
        owner = np.array([place[row[0]] for row in rows], np.intp)
        sums = np.zeros((len(place), embedder().dimensions), np.float32)
        vectors = np.frombuffer(b"".join(row[1] for row in rows), "<f4")
        np.add.at(sums, owner, vectors.reshape(len(rows), sums.shape[1]))
        sizes = np.bincount(owner, [row[2] for row in rows]).astype(np.float32)
        cited = _cited(session.execute(_CITED, (workspace,)).fetchall(), place)
        topic = united(np.asarray(sums / sizes[:, None]), cited, sizes)
        names = list(place)
        gone = {names[at]: names[kept] for at, kept in enumerate(topic.tolist()) if kept != at}
        session.execute(_UNITE, (list(gone), list(gone.values())))


def united(means: Vectors, cited: sparse.csr_matrix, sizes: NDArray[np.float32]) -> Places:
    """The place of the topic that each one counts in: the first of those that are one. `cited` has a
    row a topic and a column a passage."""
    topic = np.arange(len(means))
    some = np.sort(np.argsort(-sizes, kind="stable")[:MOST])
    if len(some) < 2:
        return topic
    unit = _unit(_telling(cited[some]))
    alike = means[some] @ means[some].T + OF_CITATIONS * (unit @ unit.T).toarray()
    apart = 1 + OF_CITATIONS - alike[np.triu_indices(len(some), 1)]
    groups = fcluster(linkage(np.clip(apart, 0, None), "average"), 1 + OF_CITATIONS - ONE, "distance")
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    topic[some] = some[first[group]]
    return topic


def current(session: Session, names: Iterable[str]) -> set[str]:
    """What the questions of these clusters count in."""
    return {row[0] for row in session.execute(_CURRENT, (list(names),))}


def _telling(cited: sparse.csr_matrix) -> sparse.csr_matrix:
    """Without what nearly everything cites."""
    times = np.asarray(cited.sum(axis=1)).ravel()
    if np.count_nonzero(times) < TELLING:
        return cited
    scale = np.divide(1, times, out=np.zeros_like(times), where=times > 0)
    share = np.asarray((sparse.diags(scale) @ cited).sum(axis=0)).ravel() / np.count_nonzero(times)
    return sparse.csr_matrix(cited @ sparse.diags((share <= MOST_SHARE).astype(np.float64)))


def _unit(rows: sparse.csr_matrix) -> sparse.csr_matrix:
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    scale = np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return sparse.csr_matrix(sparse.diags(scale) @ rows)


def _cited(rows: Sequence[tuple[str, str, int]], place: Mapping[str, int]) -> sparse.csr_matrix:
    documents = {name: at for at, name in enumerate(sorted({row[1] for row in rows}))}
    times = np.array([row[2] for row in rows], np.float64)
    topics = [place[row[0]] for row in rows]
    columns = [documents[row[1]] for row in rows]
    return sparse.csr_matrix((times, (topics, columns)), shape=(len(place), max(1, len(documents))))
