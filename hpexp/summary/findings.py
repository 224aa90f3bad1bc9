"""What was found, a line each: the best point, chance, the baseline, the test score."""

from __future__ import annotations

from collections.abc import Iterator

from hpexp import text
from hpexp.model import Baseline
from hpexp.results.data import baseline, beats, described, examples, interval, own_loss, part_of, step
from hpexp.results.ranking import Point
from hpexp.results.wording import described as named
from hpexp.results.wording import replicates, varied
from hpexp.summary.advice import epoch_setting, paste
from hpexp.summary.facts import Facts, test_scores
from hpexp.summary.lines import Line
from hpexp.summary.standings import spread_words
from hpexp.summary.verdict import CONFIDENCE, sentence, verdict
from hpexp.vocabulary import BALANCED


def findings(facts: Facts) -> Iterator[Line]:
    """The lines, from the answer to what bounds it."""
    best = facts.best
    if best:
        yield _best(facts, best)
        if found := verdict(facts):
            yield Line("chance", prose=sentence(found))
    elif facts.places:
        yield Line("best", prose="none: no point has a value for every seed", prose_style="yellow")
    known = [described(facts.data), _resolution(facts, best) if best else None]
    if any(known):
        yield Line("data", prose="; ".join(filter(None, known)))
    if facts.places:
        yield from _baseline(facts, best)
    if best:
        yield from _test(best)
        outcome = facts.outcome
        overrides = (*outcome.overrides, *epoch_setting(facts.objective, varied(best)))
        again = paste(outcome.plan.experiment.path, overrides, varied(best), facts.logs)
        yield Line("again", again)


def _best(facts: Facts, best: Point) -> Line:
    metric = facts.objective.metric
    seeds = f" over {replicates(best)}" if len(best.runs) > 1 else ""
    tied = facts.places[0].tied
    ties = f", tied with {tied} more (the first in the file is shown)" if tied else ""
    taken = "" if facts.objective.restores else " at the last epoch"
    value = f"{metric} {spread_words(best, metric)}{taken}{seeds}{ties}"
    return Line("best", named(best), "bold green", value)


def _resolution(facts: Facts, best: Point) -> str | None:
    """How many examples the objective is measured on, and how far they tell two accuracies apart."""
    metric = facts.objective.metric
    found, part = best.metric(metric), part_of(metric)
    count, least = examples(facts.data, part), step(facts.data, metric)
    if not count or not found:
        return None
    if part == "train":
        return f"ranked on the {count:,} training examples, which says little of others"
    split = f"{count:,} {part} examples"
    bounds = interval(facts.data, metric, found.mean)
    if not least or not bounds:
        return split
    low, high = bounds
    values = [each.mean for place in facts.places[1:] if place.rank and (each := place.point.metric(metric))]
    within = sum(low <= value <= high for value in values)
    others = f", {text.counted(within, 'other')} within" if within else ""
    bound = f"{text.number(low)} to {text.number(high)} ({CONFIDENCE}, Wilson{others})"
    return f"on {split}, {text.number(least)} each, {text.number(found.mean)} stands for {bound}"


def _baseline(facts: Facts, best: Point | None) -> Iterator[Line]:
    metric = facts.objective.metric
    constant = baseline(facts.data, metric, facts.runs)
    if constant is None:
        if own_loss(metric, facts.runs):
            yield Line("base", prose=f"none: {metric} is a loss of the model's own")
        return
    scores = [f"{metric} {text.number(constant.value)}", *_balanced(facts, constant)]
    words = f"{', '.join(scores)} by {constant.how}"
    if beats_baseline(facts) is False:
        yield Line("base", prose=f"{words}: the best point does not beat it", prose_style="yellow")
        return
    found = best.metric(metric) if best else None
    bounds = interval(facts.data, metric, found.mean) if found else None
    within = bounds is not None and bounds[0] <= constant.value <= bounds[1]
    yield Line("base", prose=words + (", which the best point's interval holds" if within else ""))


def _balanced(facts: Facts, constant: Baseline) -> Iterator[str]:
    """What the same prediction scores by accuracy averaged over classes, where runs tell that."""
    name = f"val_{BALANCED}"
    other = baseline(facts.data, name, facts.runs)
    if (
        other
        and other.how == constant.how
        and name in facts.columns.metrics
        and name != facts.objective.metric
    ):
        yield f"{name} {text.number(other.value)}"


def beats_baseline(facts: Facts) -> bool | None:
    """Whether the best point is better than a constant prediction; None where either is not known."""
    constant = baseline(facts.data, facts.objective.metric, facts.runs)
    found = facts.best.metric(facts.objective.metric) if facts.best else None
    return beats(found.mean, constant, facts.objective) if found and constant else None


def _test(best: Point) -> Iterator[Line]:
    scores = test_scores(best)
    if scores:
        told = ", ".join(
            f"{name} {text.spread(each.mean, each.std)}"
            for name, each in sorted(scores.items(), key=lambda item: item[0] == "loss")
        )
        yield Line("test", prose=f"{told}  (the winner's alone; it had no say in the ranking)")
