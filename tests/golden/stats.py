#!/usr/bin/env python3
"""Numbers that core/stats and experiments/analysis are held to, computed independently.

    python3 tests/golden/stats.py

writes stats.json (functions) and study.json (a small hand-made study and its evidence) beside this
file. Needs SciPy and statsmodels; neither is needed to build, run or test Plumbline.
"""

import itertools
import json
import math
import pathlib

import numpy as np
import scipy
import scipy.special
import scipy.stats
import statsmodels
from statsmodels.stats.multitest import multipletests

HERE = pathlib.Path(__file__).parent


def real(value):
    """JSON has no NaN or infinity."""
    return float(value) if math.isfinite(value) else None


# ---------------------------------------------------------------------------------- functions


def functions():
    rng = np.random.default_rng(20260316)
    log_gamma = [[x, scipy.special.gammaln(x)] for x in
                 [1e-8, .1, .5, 1, 1.5, 2, 2.5, 3.7, 7.5, 14.9, 15, 15.1, 40, 123.5, 1e3, 5000.5]]
    beta = [[a, b, x, scipy.special.betainc(a, b, x)]
            for a in (.5, 1, 2.5, 10, 150, 2500) for b in (.5, 1, 3, 40)
            for x in (0, 1e-6, .1, .5, .9, .999999, 1)]
    student = [[t, df, scipy.stats.t.cdf(t, df)]
               for t in (-40, -3.5, -1, -.01, 0, 1e-6, .5, 2, 6, 100)
               for df in (1, 2, 3, 4.5, 11, 30, 200, 10000)]
    quantile = [[p, df, scipy.stats.t.ppf(p, df)]
                for p in (1e-8, .001, .025, .3, .5, .6, .9, .975, .995, .9999)
                for df in (1, 2, 3, 4.5, 11, 30, 200, 10000)]
    samples = []
    for count in (1, 2, 3, 5, 8, 12, 31):
        values = (rng.normal(.3, 1.2, count)).tolist()
        row = {"values": values, "mean": np.mean(values), "median": np.median(values),
               "q10": np.quantile(values, .1), "q75": np.quantile(values, .75),
               "rank": scipy.stats.rankdata(values).tolist()}
        if count > 1:
            low, high = scipy.stats.t.interval(.95, count - 1, np.mean(values),
                                               scipy.stats.sem(values))
            row |= {"sd": np.std(values, ddof=1), "low": low, "high": high}
        samples.append(row)
    ranks = [{"values": v, "rank": scipy.stats.rankdata(v).tolist()}
             for v in ([2, 1, 2], [5, 5, 5, 5], [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5])]
    flips = []
    for values in (rng.normal(.8, 1, 5), rng.normal(.6, 1, 8), rng.normal(.3, 1, 12),
                   rng.normal(.4, 1, 14), np.array([1., 1, 1, -1, 1, 1]),
                   np.array([.1, .2, .3, -.6, .4]), np.array([0., 0, 1, 2])):
        flips.append({"values": values.tolist(), "p": sign_flip(values)})
    drawn = []
    for values in (rng.normal(.35, 1, 16), rng.normal(.1, 1, 20)):
        drawn.append({"values": values.tolist(), "p": sign_flip(values)})
    holm = []
    for p in ([.01, .04, .03, .005], [.5, .9, .2], [.001], [.02, .02, .02, .9, .0001],
              rng.uniform(0, .2, 15).tolist()):
        holm.append({"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()})
    return {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__,
            "log_gamma": log_gamma, "incomplete_beta": beta, "student_cdf": student,
            "student_quantile": quantile, "samples": samples, "ranks": ranks,
            "sign_flip": flips, "sign_flip_long": drawn, "holm": holm}


def sign_flip(values):
    """Exact, two-sided, by SciPy's own enumeration where it is small and by numpy's above."""
    values = np.asarray(values, float)
    if not values.any():
        return 1.
    if len(values) <= 12:
        return scipy.stats.permutation_test((values,), np.mean, permutation_type="samples",
                                            n_resamples=np.inf).pvalue
    bits = (np.arange(1 << len(values))[:, None] >> np.arange(len(values))) & 1
    sums = (1 - 2 * bits) @ values
    return np.mean(np.abs(sums) >= abs(values.sum()) - 1e-9)


# -------------------------------------------------------------------------------- a small study
#
# Three entries, structure 0, 0.5, 1, seeds 1..8. At structure 1 one run of `plain` diverged; one
# run of `static` at 0.5 failed; one of `static` at 0, seed 8, is still to be run.

ENTRIES, POINTS, SEEDS = ["standard", "static", "plain"], [0, .5, 1], range(1, 9)
TRIVIAL, WIDE = 1.25, 1.02


def study_losses():
    rng = np.random.default_rng(11)
    base = {"standard": [.2, .06, .008], "static": [.2005, .05, .0024], "plain": [.37, .058, .0012]}
    shared = np.exp(rng.normal(0, .1, (len(POINTS), len(SEEDS))))
    table = {}
    for entry in ENTRIES:
        own = np.exp(rng.normal(0, .004 if entry == "static" else .03, shared.shape))
        table[entry] = [[float(f"{base[entry][p] * shared[p][s] * (1 if entry == 'standard' else own[p][s]):.6g}")
                         for s in range(len(SEEDS))] for p in range(len(POINTS))]
    table["plain"][2][4] = "diverged"
    table["static"][1][2] = "failed"
    table["static"][0][7] = "pending"
    return table


def t_interval(values):
    if len(values) < 2:
        return [None, None]
    if np.ptp(values) == 0:
        return [values[0], values[0]]
    low, high = scipy.stats.t.interval(.95, len(values) - 1, np.mean(values), scipy.stats.sem(values))
    return [real(low), real(high)]


def study():
    losses = study_losses()
    floor = 1e-12 * TRIVIAL
    log = {e: [[math.log(max(v, floor)) if not isinstance(v, str) else
                (math.inf if v == "diverged" else math.nan) for v in row] for row in losses[e]]
           for e in ENTRIES}
    summaries, comparisons = [], []
    for p, e in itertools.product(range(len(POINTS)), ENTRIES):
        kept = [v for v in log[e][p] if not math.isnan(v)]
        infinite = any(math.isinf(v) for v in kept)
        centre = np.median(kept) if infinite else np.mean(kept)
        interval = [None, None] if infinite else t_interval(kept)
        summaries.append({"entry": e, "point": p, "n": sum(map(math.isfinite, kept)),
                          "loss": math.exp(centre), "mean_log_loss": None if infinite else centre,
                          "low": interval[0], "high": interval[1]})
    for p in range(len(POINTS)):
        worst = max([v for e in ENTRIES for v in log[e][p] if math.isfinite(v)] +
                    [math.log(1000 * TRIVIAL)])
        family = []
        for e in ENTRIES[1:]:
            pairs = [(a, b) for a, b in zip(log[e][p], log["standard"][p])
                     if not (math.isnan(a) or math.isnan(b))]
            raw = [0. if a == b else a - b for a, b in pairs]
            capped = [min(a, worst) - min(b, worst) for a, b in pairs]
            infinite = not all(map(math.isfinite, raw))
            centre = np.median(raw) if infinite else np.mean(raw)
            interval = [None, None] if infinite else t_interval(raw)
            family.append({"entry": e, "point": p, "n": len(pairs), "ratio": math.exp(centre),
                           "low": interval[0] and math.exp(interval[0]),
                           "high": interval[1] and math.exp(interval[1]),
                           "p": sign_flip(capped), "median": infinite})
        for row, adjusted in zip(family, multipletests([r["p"] for r in family], method="holm")[1]):
            row["p_holm"] = adjusted
            row["verdict"] = verdict(row)
        comparisons += family
    return {"entries": ENTRIES, "points": POINTS, "seeds": list(SEEDS), "trivial": TRIVIAL,
            "losses": losses, "summary": summaries, "comparisons": comparisons,
            "ranking": ranking(log), "crossovers": crossovers(log)}


def verdict(row):
    low, high = row["low"], row["high"]
    if low is not None and low >= 1 / WIDE and high <= WIDE:
        return "equivalent"
    if row["p_holm"] <= .05 and row["ratio"] < 1 and (high is None or high < 1):
        return "better"
    if row["p_holm"] <= .05 and row["ratio"] > 1 and (low is None or low > 1):
        return "worse"
    return "inconclusive"


def ranking(log):
    """Over the blocks (point, seed) that every entry finished; the seed is the unit."""
    ranks, ratios = {}, {}
    for s in range(len(SEEDS)):
        for p in range(len(POINTS)):
            block = [log[e][p][s] for e in ENTRIES]
            if any(map(math.isnan, block)):
                continue
            for e, r, v in zip(ENTRIES, scipy.stats.rankdata(block), block):
                ranks.setdefault((e, s), []).append(r)
                ratios.setdefault((e, s), []).append(v - block[0] if v != block[0] else 0.)
    rows = []
    for e in ENTRIES:
        means = [np.mean(ranks[e, s]) for s in range(len(SEEDS))]
        all_ratios = [v for s in range(len(SEEDS)) for v in ratios[e, s]]
        low, high = t_interval(means)
        row = {"entry": e, "blocks": len(all_ratios), "rank": np.mean(means), "low": low, "high": high}
        if e == "standard":
            row |= {"ratio": 1, "ratio_low": None, "ratio_high": None}
        elif all(map(math.isfinite, all_ratios)):
            by_seed = [np.mean(ratios[e, s]) for s in range(len(SEEDS))]
            low, high = t_interval(by_seed)
            row |= {"ratio": math.exp(np.mean(by_seed)), "ratio_low": math.exp(low),
                    "ratio_high": math.exp(high)}
        else:
            row |= {"ratio": math.exp(np.median(all_ratios)), "ratio_low": None, "ratio_high": None}
        rows.append(row)
    return sorted(rows, key=lambda r: r["rank"])


def crossovers(log):
    """Where the mean paired difference changes sign, by a straight line between neighbours."""
    found = []
    for e in ENTRIES[1:]:
        curve = []
        for p, x in enumerate(POINTS):
            diffs = [a - b for a, b in zip(log[e][p], log["standard"][p])
                     if not (math.isnan(a) or math.isnan(b))]
            if all(map(math.isfinite, diffs)):
                curve.append((x, np.mean(diffs)))
        for (x0, d0), (x1, d1) in zip(curve, curve[1:]):
            if d0 * d1 < 0:
                found.append({"entry": e, "at": x0 + (x1 - x0) * d0 / (d0 - d1)})
    return found


if __name__ == "__main__":
    for name, content in (("stats.json", functions()), ("study.json", study())):
        (HERE / name).write_text(json.dumps(content, indent=1) + "\n")
