"""What each query is about: a topic that keeps its id, under a name that gives nobody away."""

from collections import Counter
from functools import partial

from orchestration.scoring.learner import Learner, Lesson
from orchestration.scoring.questions.cited import count_citations, current, unite
from orchestration.scoring.questions.labels import due, name_clusters
from orchestration.scoring.questions.store import Placed, merge, place, survey
from orchestration.scoring.questions.windows import line, new_queries
from orchestration.scoring.reading import Target

NAME, VERSION = "topics", "1"
# Vectors are read to be there: names of topics are told by them, and so are queries that are similar.
READS = ("query_text", "query_vector")


def learn(lesson: Lesson) -> None:
    seen: dict[str, Counter[str]] = {}
    for targets, turns in new_queries(lesson, READS):
        texts = turns["query_text"]
        survey(lesson.session, targets[0].workspace, texts)
        placed = place(lesson.session, "topic", targets, texts, partial(_say, lesson, targets))
        changed = seen.setdefault(targets[0].workspace, Counter())
        changed.update(name for name in placed.clusters if name)
        changed.update(name for _, name, _ in placed.later)
    count_citations(lesson.session, lesson.seq_from, lesson.seq_to)
    for workspace, changed in seen.items():
        gone = merge(lesson.session, "topic", workspace)
        unite(lesson.session, workspace)
        grown = due(lesson.session, changed) | set(gone.values())
        here = current(lesson.session, {gone.get(name, name) for name in grown})
        name_clusters(lesson.session, "topic", workspace, here)


def _say(lesson: Lesson, targets: list[Target], placed: Placed) -> None:
    lesson.land(
        line(target, {"similarity": float(likeness)}, name)
        for target, name, likeness in zip(targets, placed.clusters, placed.likeness, strict=True)
        if name is not None
    )
    here = {target.event_key for target in targets}
    lesson.land(
        line(
            target,
            {"similarity": likeness},
            name,
            f"{NAME}:{VERSION}:{target.event_key.hex}:later:{lesson.seq_to}",
        )
        for target, name, likeness in placed.later
        if target.event_key not in here
    )


TOPICS = Learner(NAME, VERSION, learn)
