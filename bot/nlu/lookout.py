"""Sorts messages from students into the review queue by how much reviewing them would teach us.

`python -m bot.nlu.lookout`, in a separate process because it needs the encoder. Messages that say nearly the same are
grouped, so that one decision covers all of them; messages on no known topic are clustered, and each cluster is named.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.cluster import AgglomerativeClustering
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer

from bot.nlu.bilingual import CHINESE, both
from bot.nlu.encoder import ENCODER
from bot.nlu.nearness import readable, together
from bot.nlu.vectors import of_examples
from bot.retraining import usefulness
from bot.retraining.usefulness import Seen
from bot.settings import read_settings
from bot.store import cards, examples, inbox, judgements, reviews, sorting
from bot.store.cards import Queued
from bot.store.engine import connect

LOOK_BACK = timedelta(days=60)
MOST_MESSAGES, MOST_QUEUED = 20_000, 1_000
APART = 0.42  # maximum cosine distance between any two messages of one cluster
SMALLEST_CLUSTER = 3
NEAREST = 3
LETTERS = re.compile(r"[^\W\d\u3400-\u9fff]{3,}")
CHINESE_LETTERS = re.compile(r"[\u3400-\u9fff]+")
# With these among the texts, the others get dimensions in their vectors for both languages.
ONE_OF_EACH = ("library", "圖書館")
CHATTER = ("library", "lib", "pls", "hello", "thx", "dont", "want")
UNKNOWN = frozenset({"unsure", "out_of_scope"})


def clusters(vectors: np.ndarray, texts: Sequence[str]) -> dict[int, tuple[int, str]]:
    """Return (cluster, name) for the rows that belong to a cluster of at least SMALLEST_CLUSTER messages.

    Any two messages of a cluster are alike. What the encoders cannot read belongs to none.
    """
    known = [row for row, text in enumerate(texts) if readable(text) and vectors[row].any()]
    if len(known) < SMALLEST_CLUSTER:
        return {}
    linked = AgglomerativeClustering(n_clusters=None, distance_threshold=APART, affinity="cosine", linkage="complete")
    members: dict[int, list[int]] = defaultdict(list)
    for row, label in zip(known, linked.fit_predict(vectors[known]).tolist(), strict=True):
        members[label].append(row)
    large = sorted((rows for rows in members.values() if len(rows) >= SMALLEST_CLUSTER), key=lambda rows: -len(rows))
    names = _names([" . ".join(texts[row] for row in rows) for rows in large])
    return {row: (number, names[number]) for number, rows in enumerate(large) for row in rows}


def _names(documents: Sequence[str]) -> list[str]:
    """Return for each cluster the words that set it apart from the others (Grootendorst's c-TF-IDF, 2022)."""
    if not documents:
        return []
    vectorizer = TfidfVectorizer(analyzer=_words)
    try:
        weights = vectorizer.fit_transform(documents).toarray()
    except ValueError:  # nothing but stop words
        return ["no words in common"] * len(documents)
    words = vectorizer.get_feature_names_out()
    return [", ".join(words[place] for place in np.argsort(-row)[:3] if row[place] > 0) for row in weights]


def _words(document: str) -> list[str]:
    """Return candidate names for a cluster: words and word pairs; for Chinese, two or three characters in a row."""
    stop = {*ENGLISH_STOP_WORDS, *CHATTER}
    words = [word for word in LETTERS.findall(document.lower()) if word not in stop]
    found = [*words, *(" ".join(pair) for pair in pairwise(words))]
    for row in CHINESE_LETTERS.findall(document):
        found += [row[at : at + size] for size in (2, 3) for at in range(len(row) - size + 1)]
    return found


def nearest(vectors: np.ndarray, known: np.ndarray, rows: Sequence[examples.Example]) -> list[list[dict[str, Any]]]:
    """Return the nearest examples of each row."""
    if not len(known):
        return [[] for _ in vectors]
    found = []
    for likeness in vectors @ known.T:
        best = np.argsort(-likeness)[:NEAREST]
        found.append(
            [{"intent": rows[i].intent, "text": rows[i].text, "score": round(float(likeness[i]), 3)} for i in best]
        )
    return found


def _vectors(texts: Sequence[str], known: Sequence[str], cache: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the vectors of messages and examples, all of the same length whichever languages they are in."""
    anew, kept = (
        both([*ONE_OF_EACH, *each], {**ENCODER, **CHINESE}, cache=own) for each, own in ((texts, None), (known, cache))
    )
    return anew[len(ONE_OF_EACH) :], kept[len(ONE_OF_EACH) :]


def queue(seen: Sequence[Seen], known: Sequence[examples.Example], cache: Path) -> list[Queued]:
    """Return the queue of messages, most useful first, each with its group, cluster and nearest examples."""
    ordered = sorted(seen, key=lambda each: -each.score)[:MOST_QUEUED]
    if not ordered:
        return []
    vectors, kept = _vectors([each.text for each in ordered], [each.text for each in known], cache)
    leaders = together(vectors, [each.text for each in ordered])
    unknown = [row for row, each in enumerate(ordered) if each.outcome in UNKNOWN]
    of_unknown = clusters(vectors[unknown], [ordered[row].text for row in unknown]) if unknown else {}
    grouped = {unknown[row]: value for row, value in of_unknown.items()}
    near = nearest(vectors, kept, known)
    size: Mapping[int, int] = {leader: leaders.count(leader) for leader in set(leaders)}
    return [
        Queued(
            inbox_id=each.inbox_id,
            score=round(each.score + 0.3 * math.log2(size[leaders[row]]), 4),
            reasons=each.reasons,
            together=ordered[leaders[row]].inbox_id,
            cluster=grouped[row][0] if row in grouped else None,
            cluster_name=grouped[row][1] if row in grouped else "",
            near=tuple(near[row]),
            suggested=each.suggested,
        )
        for row, each in enumerate(ordered)
    ]


def main() -> None:
    """Refresh the queue in the store that the environment names."""
    settings = read_settings()
    engine = connect(settings.database_url)
    now = datetime.now(UTC)
    since, newest = now - LOOK_BACK, inbox.newest(engine)
    said, later = judgements.candidates(engine, since, MOST_MESSAGES), judgements.reactions(engine, since)
    seen = usefulness.seen(said, later, reviews.settled_ids(engine))
    known = examples.current(engine, waiting=False)
    count = cards.refresh(engine, queue(seen, known, of_examples()))
    sorting.sorted_up_to(engine, newest, now)
    print(count)  # noqa: T201 - the trainer reads it


if __name__ == "__main__":
    main()
