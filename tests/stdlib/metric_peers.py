"""What others compute for the library's metrics, and random inputs to compare on.

A peer is called as its own documentation says, without any help with odd inputs: what becomes of
those is part of the comparison (bench/metrics.py).
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics as sklearn
from torch import Generator, Tensor
from torchmetrics import retrieval
from torchmetrics.functional import classification as torchmetrics

from autodesign.dsl import formula

Array = NDArray[np.generic]
SIZES = {"k": 5, "q": 4, "r": 6, "c": 7}
SITUATIONS = ("a class is empty", "one class only", "ties", "n = 1")


@dataclass(frozen=True)
class Peer:
    """`value` takes numpy arrays in the order of the metric's inputs."""

    called: str
    value: Callable[..., float]
    parameters: Mapping[str, float] = field(default_factory=dict)


def peer_value(peer: Peer, tensors: Mapping[str, Tensor]) -> float | str:
    """Its value, or the name of the error that it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return float(peer.value(*(one.numpy() for one in tensors.values())))
        except (ValueError, IndexError, ZeroDivisionError) as error:
            return type(error).__name__


# --- inputs ---------------------------------------------------------------------------------------


def plain(metric: formula.Metric, generator: Generator) -> dict[str, Tensor]:
    """Random inputs without ties, in which every class and query has examples."""
    sizes = {**SIZES, "n": int(torch.randint(10, 60, (), generator=generator))}
    return {one.name: _random(one, sizes, generator) for one in metric.inputs}


def odd(metric: formula.Metric, situation: str, generator: Generator) -> dict[str, Tensor] | None:
    """Inputs of a situation; None where the metric knows nothing of the kind."""
    kinds = {one.kind for one in metric.inputs}
    if situation == "ties":
        tensors = plain(metric, generator)
        scores = {one.name for one in metric.inputs if one.kind == "scores"}
        return {n: (2 * x).round() / 2 if n in scores else x for n, x in tensors.items()}
    if situation == "n = 1":
        sizes = {**SIZES, "n": 1, "q": 1}
        return {one.name: _random(one, sizes, generator) for one in metric.inputs}
    if "point" in kinds or kinds == {"scores"}:
        return None
    alike = _without_class if situation == "a class is empty" else _of_one_class
    tensors = plain(metric, generator)
    return {one.name: alike(one, tensors[one.name]) for one in metric.inputs}


def _random(one: formula.Input, sizes: Mapping[str, int], generator: Generator) -> Tensor:
    shape = [sizes[dim] for dim in one.dims]
    match one.kind:
        case "scores":
            return torch.randn(shape, generator=generator, dtype=torch.float64)
        case "label":
            found = torch.randint(sizes["k"], shape, generator=generator)
            found[: sizes["k"]] = torch.arange(sizes["k"])[: len(found)]
            return found
        case "flag":
            flags = torch.rand(shape, generator=generator) < 0.4
            last = -2 if one.dims[-1] == "k" else -1  # every question has both answers
            flags.select(last, -1).fill_(False)
            flags.select(last, 0).fill_(True)
            return flags
        case "real":
            return torch.rand(shape, generator=generator, dtype=torch.float64) + 0.1
        case "point":
            high = torch.tensor([sizes["r"], sizes["c"]])
            return (torch.rand([*shape, 2], generator=generator) * high).floor().double()


def _without_class(one: formula.Input, x: Tensor) -> Tensor:
    """The last class of labels, all positives of a flag, of the first question or query."""
    match one.kind, len(one.dims):
        case "label", _:
            return torch.where(x == SIZES["k"] - 1, 0, x)
        case "flag", 1:
            return torch.zeros_like(x)
        case "flag" | "real", 2:
            x = x.clone()
            x.select(1 if one.dims[-1] == "k" else 0, 0).fill_(0)
            return x
    return x


def _of_one_class(one: formula.Input, x: Tensor) -> Tensor:
    return x if one.kind == "scores" else torch.ones_like(x)


# --- by hand, where there is no peer --------------------------------------------------------------


def _within(s: Array, y: Array) -> float:
    return float(np.mean(np.abs(s.argmax(1) - y) <= 1))


def _concordance(s: Array, time: Array, event: Array) -> float:
    right = comparable = 0
    for i, j in np.ndindex(len(s), len(s)):
        if event[i] and time[i] < time[j]:
            comparable += 1
            right += s[i] > s[j]
    return right / comparable


def _cells(h: Array) -> Array:
    flat = h.reshape(len(h), -1).argmax(1)
    return np.stack(np.unravel_index(flat, h.shape[1:]), 1)


def _pck(h: Array, p: Array) -> float:
    return float(np.mean(np.linalg.norm(_cells(h) - p, axis=1) <= 2))


def _pckh(h: Array, p: Array, head: Array) -> float:
    return float(np.mean(np.linalg.norm(_cells(h) - p, axis=1) <= 4 * head))


def _enrichment(s: Array, y: Array) -> float:
    first = np.argsort(-s)[: int(0.2 * len(s))]
    return float(y[first].mean() / y.mean())


def _reciprocal(s: Array, grade: Array) -> float:
    """Chapelle and others, 2009, algorithm 1."""
    found = []
    for scores, grades in zip(s, grade, strict=True):
        going, total = 1.0, 0.0
        for rank, stops in enumerate((2 ** grades[np.argsort(-scores)] - 1) / 2**4, 1):
            total += going * stops / rank
            going *= 1 - stops
        found.append(total)
    return float(np.mean(found))


def _bpref(s: Array, y: Array, judged: Array) -> float:
    """As trec_eval has it."""
    found = []
    for scores, flags, known in zip(s, y, judged, strict=True):
        positive, negative = scores[flags], scores[known & ~flags]
        if len(positive):
            above = (negative[None] >= positive[:, None]).sum(1).clip(max=len(positive))
            found.append(np.mean(1 - above / max(1, min(len(positive), len(negative)))))
    return float(np.mean(found))


# --- peers ----------------------------------------------------------------------------------------


def _answers(score: Callable[..., float], **options: object) -> Callable[[Array, Array], float]:
    """A score of labels against the classes of the highest scores."""
    return lambda s, y: score(y, s.argmax(1), **options)


def _above(score: Callable[..., float], **options: object) -> Callable[[Array, Array], float]:
    """A score of flags against the scores above 0."""
    return lambda s, y: score(y, s > 0, **options)


def _queries(kind: type, **options: object) -> Callable[[Array, Array], float]:
    def value(s: Array, y: Array) -> float:
        rows = torch.arange(len(s))[:, None].expand(s.shape)
        positive = torch.tensor(s).exp()  # it takes scores below 0 for "not found"
        return float(kind(**options)(positive, torch.tensor(y), indexes=rows))

    return value


def _found(s: Array, y: Array) -> float:
    below, found, _ = sklearn.roc_curve(y, s, drop_intermediate=False)
    return float(found[below <= 0.2].max())


def _specificity(s: Array, y: Array) -> float:
    return float(torchmetrics.binary_specificity(torch.tensor(s > 0), torch.tensor(y)))


def _quadratic(s: Array, y: Array) -> float:
    return float(
        torchmetrics.multiclass_cohen_kappa(
            torch.tensor(s), torch.tensor(y), num_classes=s.shape[1], weights="quadratic"
        )
    )


def _geometric(s: Array, y: Array) -> float:
    return float(
        stats.gmean(sklearn.recall_score(y, s.argmax(1), average=None, labels=np.unique(y)))
    )


def _fowlkes_mallows(s: Array, y: Array) -> float:
    precision, recall, _, _ = sklearn.precision_recall_fscore_support(y, s > 0, average="binary")
    return float(np.sqrt(precision * recall))


def _label_ranking(s: Array, y: Array) -> float:
    some = y.any(1)
    return float(sklearn.label_ranking_average_precision_score(y[some], s[some]))


def _at_sensitivity(s: Array, y: Array) -> float:
    scores, flags = torch.tensor(s), torch.tensor(y).long()
    return float(torchmetrics.binary_specificity_at_sensitivity(scores, flags, 0.8)[0])


def _top(s: Array, y: Array) -> float:
    return float(sklearn.top_k_accuracy_score(y, s, k=2, labels=range(s.shape[1])))


def peers() -> Iterator[tuple[str, Peer]]:
    macro = {"average": "macro"}
    f1, jaccard = sklearn.f1_score, sklearn.jaccard_score
    yield "Accuracy", Peer("sklearn accuracy_score", _answers(sklearn.accuracy_score))
    yield "TopAccuracy", Peer("sklearn top_k_accuracy_score", _top, {"t": 2})
    balanced = _answers(sklearn.balanced_accuracy_score)
    yield "BalancedAccuracy", Peer("sklearn balanced_accuracy_score", balanced)
    yield "ToleranceAccuracy", Peer("NumPy, written out", _within)
    precise = _answers(sklearn.precision_score, **macro)
    yield "MacroPrecision", Peer("sklearn precision_score (macro)", precise)
    yield "MacroF1", Peer("sklearn f1_score (macro)", _answers(f1, **macro))
    yield "WeightedF1", Peer("sklearn f1_score (weighted)", _answers(f1, average="weighted"))
    yield "GeometricMean", Peer("sklearn recall_score, scipy gmean", _geometric)
    yield "MeanDice", Peer("sklearn f1_score (macro)", _answers(f1, **macro))
    yield "MeanIoU", Peer("sklearn jaccard_score (macro)", _answers(jaccard, **macro))
    yield "CohenKappa", Peer("sklearn cohen_kappa_score", _answers(sklearn.cohen_kappa_score))
    yield "QuadraticKappa", Peer("torchmetrics multiclass_cohen_kappa", _quadratic)
    yield "Precision", Peer("sklearn precision_score", _above(sklearn.precision_score))
    yield "Recall", Peer("sklearn recall_score", _above(sklearn.recall_score))
    yield "Specificity", Peer("torchmetrics binary_specificity", _specificity)
    adjusted = _above(sklearn.balanced_accuracy_score, adjusted=True)
    yield "YoudenJ", Peer("sklearn balanced_accuracy_score (adjusted)", adjusted)
    yield "FowlkesMallows", Peer("sklearn precision and recall", _fowlkes_mallows)
    yield "LabelF1", Peer("sklearn f1_score (macro)", _above(f1, **macro))
    yield "LabelJaccard", Peer("sklearn jaccard_score (macro)", _above(jaccard, **macro))
    wrong = _above(sklearn.hamming_loss)
    yield "LabelAccuracy", Peer("1 - sklearn hamming_loss", lambda s, y: 1 - wrong(s, y))
    yield "SubsetAccuracy", Peer("sklearn accuracy_score", _above(sklearn.accuracy_score))
    half = _above(sklearn.fbeta_score, beta=0.5)
    yield "FBeta", Peer("sklearn fbeta_score (0.5)", half, {"beta": 0.5})
    yield "F1", Peer("sklearn f1_score", _above(f1))
    yield "F2", Peer("sklearn fbeta_score (2)", _above(sklearn.fbeta_score, beta=2))
    yield "Dice", Peer("sklearn f1_score", _above(f1))
    yield "BinaryIoU", Peer("sklearn jaccard_score", _above(jaccard))
    yield "MicroF1", Peer("sklearn f1_score (micro)", _above(f1, average="micro"))
    yield "Matthews", Peer("sklearn matthews_corrcoef", _above(sklearn.matthews_corrcoef))
    yield "RocAuc", Peer("sklearn roc_auc_score", lambda s, y: sklearn.roc_auc_score(y, s))
    gini = Peer("2 sklearn roc_auc_score - 1", lambda s, y: 2 * sklearn.roc_auc_score(y, s) - 1)
    yield "Gini", gini
    average = sklearn.average_precision_score
    yield "AveragePrecision", Peer("sklearn average_precision_score", lambda s, y: average(y, s))
    every = Peer("sklearn average_precision_score (macro)", lambda s, y: average(y, s))
    yield "MeanAveragePrecision", every
    yield "RecallAtFalsePositives", Peer("sklearn roc_curve", _found, {"rate": 0.2})
    ranking = Peer("sklearn label_ranking_average_precision_score", _label_ranking)
    yield "LabelRanking", ranking
    sensitive = Peer("torchmetrics specificity_at_sensitivity", _at_sensitivity, {"recall": 0.8})
    yield "SpecificityAtRecall", sensitive
    yield "Enrichment", Peer("NumPy, written out", _enrichment, {"share": 0.2})
    rho = Peer("scipy spearmanr", lambda s, y: stats.spearmanr(s, y).statistic)
    yield "SpearmanRho", rho
    yield "CIndex", Peer("NumPy, written out", _concordance)
    tau = Peer("scipy kendalltau", lambda s, y: stats.kendalltau(s, y).statistic)
    yield "KendallTau", tau
    precision = _queries(retrieval.RetrievalPrecision, top_k=3)
    yield "PrecisionAt", Peer("torchmetrics RetrievalPrecision", precision, {"t": 3})
    recall = _queries(retrieval.RetrievalRecall, top_k=3)
    yield "RecallAt", Peer("torchmetrics RetrievalRecall", recall, {"t": 3})
    hit = _queries(retrieval.RetrievalHitRate, top_k=3)
    yield "HitAt", Peer("torchmetrics RetrievalHitRate", hit, {"t": 3})
    first = _queries(retrieval.RetrievalMRR)
    yield "ReciprocalRank", Peer("torchmetrics RetrievalMRR", first)
    yield "ExpectedReciprocalRank", Peer("NumPy, written out", _reciprocal)
    yield "Bpref", Peer("NumPy, written out", _bpref)
    gain = Peer("sklearn ndcg_score", lambda s, gain: sklearn.ndcg_score(gain, s, k=3), {"t": 3})
    yield "Ndcg", gain
    yield "Pck", Peer("NumPy, written out", _pck)
    yield "PckH", Peer("NumPy, written out", _pckh, {"alpha": 4})


PEERS: Mapping[str, Peer] = dict(peers())
