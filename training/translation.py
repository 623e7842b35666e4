"""Translation probabilities between tokens (IBM Model 1), and texts translated token by token with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.bags import Bags

BEST = 4
NULL = 0


@dataclass(frozen=True, slots=True)
class Translation:
    """For each token its `BEST` likeliest translations: ids, cumulative shares of the kept mass, and whether any."""

    ids: np.ndarray
    shares: np.ndarray
    known: np.ndarray

    def sample(self, bags: Bags, rng: np.random.Generator, foreign: np.ndarray) -> Bags:
        """The texts with each token replaced by one of its translations; tokens that have none are left out,
        except for those that are not `foreign` (digits, Latin script), which stay."""
        draw = rng.random(len(bags.ids))[:, None]
        pick = (draw > self.shares[bags.ids]).sum(1).clip(max=BEST - 1)
        ids = np.where(self.known[bags.ids], self.ids[bags.ids, pick], bags.ids).astype(np.int32)
        return Bags(ids, bags.starts).keep(self.known[bags.ids] | ~foreign[bags.ids])


def learn(source: Bags, target: Bags, size: int, rounds: int = 6, least: float = 0.08) -> Translation:
    """p(target token | source token) over sentence pairs, by expectation maximisation from uniform (Brown et al. 1993).

    Every source text has an empty token beside its own, which takes up what nothing else explains.
    """
    left, right, pair = [], [], []
    for i in range(len(source)):
        s = np.unique(source.ids[source.starts[i] : source.starts[i + 1]])[:60] + 1
        t = target.ids[target.starts[i] : target.starts[i + 1]][:60]
        s = np.append(s, NULL)
        left.append(np.tile(s, len(t)))
        right.append(np.repeat(t, len(s)))
        pair.append(np.full(len(t), len(s)))
    a, b = np.concatenate(left).astype(np.int64), np.concatenate(right).astype(np.int64)
    slot = np.repeat(np.arange(sum(map(len, pair))), np.concatenate(pair))
    keys, entry = np.unique(a * size + b, return_inverse=True)
    given = keys // size
    prob = np.ones(len(keys))
    for _ in range(rounds):
        weight = prob[entry]
        weight /= np.bincount(slot, weight)[slot]
        count = np.bincount(entry, weight)
        prob = count / np.bincount(given, count, minlength=size + 1)[given]
    order = np.lexsort((-prob, given))
    given, found, prob = given[order], (keys % size)[order], prob[order]
    rank = np.arange(len(given)) - np.searchsorted(given, given)
    good = (rank < BEST) & (prob >= least) & (given != NULL)
    ids, mass = np.zeros((size, BEST), np.int32), np.zeros((size, BEST))
    ids[given[good] - 1, rank[good]] = found[good]
    mass[given[good] - 1, rank[good]] = prob[good]
    total = mass.sum(1, keepdims=True)
    return Translation(ids, np.cumsum(mass, 1) / np.maximum(total, 1e-9), total[:, 0] > 0)
