#!/usr/bin/env python3
"""Recomputes the evidence of `plumbline report --format json` from the losses that the same file holds.

    python3 recompute.py REPORT.json ...

Written from docs/statistics.md alone, with NumPy and SciPy, and compared number by number: to 1e-8 where a
number is closed, to a part of its width where it is drawn (a bootstrap). Prints how many numbers of each section
were compared, and every one that differs; ends with status 1 if one does. `compute` is not covered.
"""

import itertools
import json
import math
import sys

import numpy as np
from scipy import optimize, stats

ALPHA, REGION, DRAWS = .05, 1.02, 2000
inf, nan = math.inf, math.nan


def mean(values):
    return float(np.mean(values)) if len(values) else nan


def t_interval(values, confidence=.95):
    n = len(values)
    if n < 2:
        return None
    reach = stats.t.ppf(.5 + confidence / 2, n - 1) * np.std(values, ddof=1) / math.sqrt(n)
    return [mean(values) - reach, mean(values) + reach]


def skew_interval(values):
    """Hall's transformation, solved for the truth by bisection; hull with t."""
    n, low_high = len(values), t_interval(values)
    if n < 2 or np.std(values) == 0:
        return low_high
    m, sd, b = mean(values), np.std(values, ddof=1), float(stats.skew(values))
    q = stats.t.ppf(.975, n - 1)

    def bent(truth):
        w = (m - truth) / sd
        return math.sqrt(n) * (w + b * w ** 2 / 3 + b ** 2 * w ** 3 / 27 + b / (6 * n))
    ends = [optimize.brentq(lambda x: bent(x) - y, m - 1e3 * sd, m + 1e3 * sd, xtol=1e-15) for y in (q, -q)]
    return [min(low_high[0], ends[0]), max(low_high[1], ends[1])]


def exp(interval):
    return None if interval is None else [math.exp(v) if v < 700 else inf for v in interval]


def patterns(n):
    return np.array(list(itertools.product((1., -1.), repeat=n)))


def sign_flip(values):
    values = np.asarray(values, float)
    if len(values) == 0:
        return nan
    if len(values) > 14:
        return None  # drawn: not compared
    sums = abs(patterns(len(values)) @ values)
    return float(np.mean(sums >= abs(values.sum()) - 1e-12 * abs(values).sum()))


def sign_flip_max(table):
    """Of several columns at once: the greatest |t| over columns."""
    table = np.nan_to_num(np.asarray(table, float))
    seeds, columns = table.shape
    if seeds == 0:
        return [nan] * columns
    if seeds > 14:
        return [None] * columns
    norms = np.sqrt((table ** 2).sum(0))
    scaled = table / np.where(norms > 0, norms, 1)
    sums = abs(patterns(seeds) @ scaled)
    limit = abs(scaled.sum(0)) - 1e-12 * abs(scaled).sum(0)
    limit[norms == 0] = -1
    return [float(np.mean(sums.max(1) >= v)) for v in limit]


def holm(p):
    out, order, worst = list(p), sorted((i for i in range(len(p)) if p[i] is not None and not math.isnan(p[i])), key=lambda i: p[i]), 0
    for k, i in enumerate(order):
        worst = max(worst, min(1, (len(order) - k) * p[i]))
        out[i] = worst
    return out


def wilson(hits, n):
    if n == 0:
        return None
    z = stats.norm.ppf(.975)
    middle, reach = (hits + z * z / 2) / (n + z * z), z / (n + z * z) * math.sqrt(hits * (n - hits) / n + z * z / 4)
    return [0. if hits == 0 else middle - reach, 1. if hits == n else middle + reach]


def bounded(values, top, most):
    n = len(values)
    if n < 2 or top < 2:
        return None
    y, sd = (mean(values) - 1) / (top - 1), np.std(values, ddof=1) / (top - 1)
    trials = n * y * (1 - y) / sd ** 2 if sd > 0 else (most if 0 < y < 1 else n)
    trials, z = max(trials, n), stats.t.ppf(.975, n - 1)
    square = z * z / trials
    middle, reach = (y + square / 2) / (1 + square), math.sqrt(square * (y * (1 - y) + square / 4)) / (1 + square)
    return [1 + (top - 1) * (0 if y <= 0 else middle - reach), 1 + (top - 1) * (1 if y >= 1 else middle + reach)]


def bca(rows, statistic):
    """Efron's interval of a statistic of whole seeds."""
    rows, rng = np.asarray(rows, float), np.random.default_rng(1)
    if len(rows) < 2:
        return None
    seen = statistic(rows)
    draws = np.array([statistic(rows[rng.integers(0, len(rows), len(rows))]) for _ in range(DRAWS)])
    left = np.array([statistic(np.delete(rows, i, 0)) for i in range(len(rows))])
    share = (np.mean(draws < seen) + np.mean(draws <= seen)) / 2
    away = left.mean() - left
    if not 0 < share < 1 or not (away ** 2).sum() > 0:
        return None
    z0, a, z = stats.norm.ppf(share), (away ** 3).sum() / (6 * (away ** 2).sum() ** 1.5), stats.norm.ppf([.025, .975])
    return np.quantile(draws, stats.norm.cdf(z0 + (z0 + z) / (1 - a * (z0 + z)))).tolist()


def iqm(values):
    values = np.sort(np.ravel(values))
    cut = len(values) // 4
    return mean(values[cut:len(values) - cut])


def signed_rank(values):
    kept = np.array([v for v in values if v != 0])
    if len(values) == 0:
        return nan
    if len(kept) == 0:
        return 1.
    if len(kept) > 20:
        return None
    ranks = stats.rankdata(abs(kept))
    sums = (patterns(len(kept)) > 0) @ ranks
    seen = ranks[kept > 0].sum()
    return float(min(1, 2 * min(np.mean(sums <= seen + 1e-9), np.mean(sums >= seen - 1e-9))))


def tost(values):
    if len(values) < 2:
        return nan
    m, error, region = mean(values), np.std(values, ddof=1) / math.sqrt(len(values)), math.log(REGION)
    if error == 0:
        return 0. if abs(m) < region else 1.
    return float(max(stats.t.sf((m + region) / error, len(values) - 1), stats.t.sf((region - m) / error, len(values) - 1)))


def groups(values):
    """The widest gap with two or more on either side, at least twice as wide as either group and a factor of 2."""
    values, n = sorted(values), len(values)
    if n < 8:
        return None
    gap, k = max((values[k] - values[k - 1], -k) for k in range(2, n - 1))
    k = -k
    if gap < math.log(2) or gap < 2 * max(values[k - 1] - values[0], values[-1] - values[k]):
        return None
    return [k, n - k]


def known_best(cells, metric):
    """The loss of the best predictor of all, of the test loss alone."""
    known = [c["metrics"]["best_test"] for c in cells if c["metrics"].get("best_test") is not None]
    if metric != "test_loss" or not known:
        return nan
    return 0. if min(known) == 0 else math.exp(mean([math.log(v) for v in known]))


def rise(cells, metric):
    """The last loss over the least of the evaluated ones, a geometric mean over the runs that did not diverge."""
    curves = [c.get("curve", {}).get(metric, {}).get("values", []) for c in cells if c["status"] == "done"]
    logs = [math.log(v[-1] / min(v)) for v in curves if len(v) > 1 and min(v) > 0]
    return math.exp(mean(logs)) if logs else nan


def verdict(ratio, interval, wide, p):
    edges = [v for v in (interval, wide) if v]
    if edges and all(v[0] >= 1 / REGION and v[1] <= REGION for v in edges):
        return "equivalent"
    if p is None or not p <= ALPHA:
        return None if p is None else "inconclusive"
    if ratio < 1 and all(v[1] < 1 for v in edges):
        return "better"
    if ratio > 1 and all(v[0] > 1 for v in edges):
        return "worse"
    return "inconclusive"


class Table:
    """[point][entry][seed]: the cells by place, their logs, and the worst value of each point."""

    def __init__(self, report, axes, choose=None):
        self.report, self.axes = report, axes
        self.labels = [v["label"] for v in report["variants"]]
        self.base = self.labels.index(report["baseline"])
        self.seeds = report["seeds"]
        self.points = [dict(zip((a["key"] for a in axes), values)) for values in itertools.product(*(a["values"] for a in axes))]
        cells = {(c["label"], c["seed"], tuple(sorted((k, str(v)) for k, v in c["axes"].items()))): c for c in report["cells"]}

        def find(point, label, seed):
            place = dict(point)
            if choose:
                value = choose(point, label)
                if value is None:
                    return None
                place[choose.axis] = value
            return cells.get((label, seed, tuple(sorted((k, str(v)) for k, v in place.items()))))
        self.cells = [[[find(p, e, s) for s in self.seeds] for e in self.labels] for p in self.points]

    def numbers(self, metric):
        def number(cell):
            if cell is None or cell["status"] not in ("done", "diverged"):
                return nan
            if cell["status"] == "diverged":
                return inf
            value, trivial = cell["metrics"].get(metric), cell["metrics"].get("trivial") or 1
            if value is None:
                return nan
            return math.log(max(value, 1e-12 * trivial))
        logs = np.array([[[number(c) for c in row] for row in point] for point in self.cells])
        worst = []
        for p, point in enumerate(self.cells):
            finite = [v for v in logs[p].ravel() if math.isfinite(v)]
            finite += [math.log(1000 * c["metrics"]["trivial"]) for row, line in zip(point, logs[p]) for c, v in zip(row, line)
                       if not math.isnan(v) and c["metrics"].get("trivial")]
            worst.append(max(finite, default=-inf))
        return logs, worst


def minus(a, b):
    return 0. if math.isinf(a) and math.isinf(b) else a - b


def evidence(table, metric):
    logs, worst = table.numbers(metric)
    labels, base = table.labels, table.base
    entries, seeds = range(len(labels)), range(len(table.seeds))
    out = {"summary": [], "comparisons": [], "ranking": [], "pairs": [], "interactions": [], "crossovers": []}
    # ---- one entry at one point
    for p, point in enumerate(table.points):
        for e in entries:
            cells = [c for c in table.cells[p][e] if c]
            known = [v for v in logs[p][e] if not math.isnan(v)]
            diverged = sum(math.isinf(v) for v in known)
            done = sum(c["status"] == "done" for c in cells)
            finished = done + sum(c["status"] == "diverged" for c in cells)
            trivial = [math.log(c["metrics"]["trivial"]) for c in cells if c["metrics"].get("trivial")]
            middle = nan if diverged else mean(known)
            out["summary"].append({
                "label": labels[e], "axes": point, "n": len(known) - diverged, "done": done, "diverged": finished - done,
                "median": diverged > 0, "mean_log_loss": middle, "log_interval": None if diverged else t_interval(known),
                "loss": math.exp(np.median(known) if diverged else middle) if known else nan,
                "interval": None if diverged else exp(t_interval(known)), "trivial": math.exp(mean(trivial)) if trivial else nan,
                "best_known": known_best(cells, metric), "rise": rise(cells, metric),
                "groups": groups([v for v in known if math.isfinite(v)]), "divergence": (finished - done) / finished if finished else nan, "divergence_interval": wilson(finished - done, finished)})
    # ---- one entry against the baseline at one point
    raw = {}
    for p, point in enumerate(table.points):
        family, split = [], []
        for e in entries:
            if e == base:
                continue
            both = [(a, b) for a, b in zip(logs[p][e], logs[p][base]) if not (math.isnan(a) or math.isnan(b))]
            differences = [minus(a, b) for a, b in both]
            capped = [min(a, worst[p]) - min(b, worst[p]) for a, b in both]
            diverged = sum(math.isinf(a) or math.isinf(b) for a, b in both)
            raw[p, e] = nan if diverged or not both else mean(differences)
            one = [v for v in logs[p][e] if not math.isnan(v)]
            other = [v for v in logs[p][base] if not math.isnan(v)]
            row = {"label": labels[e], "axes": point, "n": len(both), "diverged": diverged, "median": diverged > 0,
                   "p": sign_flip(capped), "p_signed_rank": signed_rank(differences),
                   "improvement": np.mean([(a < b) + .5 * (a == b) for a in one for b in other]) if one and other else nan,
                   "interval": None, "skew_interval": None, "bootstrap_interval": None, "hodges_lehmann": nan, "p_equivalence": nan,
                   "ratio": nan}
            split.append(bool(diverged) and np.median(differences) * sum(capped) < 0)
            if both:
                middle = np.median(differences) if diverged else mean(differences)
                row["ratio"] = inf if middle == inf else math.exp(middle)
            if both and not diverged:
                walsh = [(a + b) / 2 for i, a in enumerate(differences) for b in differences[i:]]
                row |= {"interval": exp(t_interval(differences)), "skew_interval": exp(skew_interval(differences)),
                        "bootstrap_interval": exp(bca(differences, np.mean)), "hodges_lehmann": math.exp(np.median(walsh)),
                        "p_equivalence": tost(differences)}
            family.append(row)
        for row, p_holm in zip(family, holm([r["p"] for r in family])):
            row["p_holm"] = p_holm
            row["at_floor"] = row["n"] > 1 and row["p"] <= 2. ** (1 - row["n"])
            row["verdict"] = verdict(row["ratio"], row["interval"], row["skew_interval"], p_holm)
        for row, apart in zip(family, split):
            if apart:
                row["verdict"] = "inconclusive"
        out["comparisons"] += family
    # ---- the whole study: blocks that every ranked entry finished
    ranked = [e for e in entries if not np.isnan(logs[:, e]).all()]
    blocks = {s: [p for p in range(len(table.points)) if not np.isnan(logs[p][ranked][:, s]).any()] for s in seeds}
    used = [s for s in seeds if blocks[s] and ranked]
    count = sum(len(blocks[s]) for s in used)
    ranks = {s: np.array([stats.rankdata(logs[p][ranked][:, s]) for p in blocks[s]]) for s in used}
    per_seed = np.array([ranks[s].mean(0) for s in used]) if used else np.zeros((0, len(ranked)))
    finite = {e: all(math.isfinite(logs[p][e][s]) for s in used for p in blocks[s]) for e in ranked}
    means = np.array([[np.mean([min(logs[p][e][s], worst[p]) for p in blocks[s]]) for e in ranked] for s in used])
    pairs = [(i, j) for i in range(len(ranked)) for j in range(i + 1, len(ranked))]
    columns = np.array([[row[i] - row[j] for i, j in pairs] for row in means]) if used and pairs else np.zeros((0, len(pairs)))
    told = {}
    for (i, j), column, p in zip(pairs, columns.T, sign_flip_max(columns) if pairs else []):
        same = len(used) > 0 and all(logs[b][ranked[i]][s] == logs[b][ranked[j]][s] for s in used for b in blocks[s])
        fine = finite[ranked[i]] and finite[ranked[j]]
        interval, wide = (exp(t_interval(column)), exp(skew_interval(column))) if fine else (None, None)
        ratio = math.exp(mean(column)) if len(column) else nan
        told[i, j] = verdict(ratio, interval, wide, p)
        out["pairs"].append({"pair": [labels[ranked[j]], labels[ranked[i]]], "seeds": len(used), "ratio": ratio if fine else nan, "interval": interval, "skew_interval": wide,
                             "p": p, "same": same, "verdict": told[i, j], "_sides": [labels[ranked[i]], labels[ranked[j]]]})
    for k, e in enumerate(ranked):
        ahead = sum(told.get((k, j)) == "better" or told.get((j, k)) == "worse" for j in range(len(ranked)))
        behind = sum(told.get((k, j)) == "worse" or told.get((j, k)) == "better" for j in range(len(ranked)))
        row = {"label": labels[e], "seeds": len(used), "blocks": count, "mean_rank": mean(per_seed[:, k]),
               "interval": bounded(per_seed[:, k], len(ranked), count), "diverged": sum(math.isinf(logs[p][e][s]) for s in used for p in blocks[s]),
               "places": [1 + behind, len(ranked) - ahead] if count else None, "median": bool(count) and not (finite[e] and (base not in finite or finite[base])),
               "ratio": nan, "ratio_interval": None, "iqm": nan, "iqm_interval": None, "improvement": nan}
        if base in ranked and count:
            ratios = {s: [minus(logs[p][e][s], logs[p][base][s]) for p in blocks[s]] for s in used}
            flat = [v for s in used for v in ratios[s]]
            by_seed = [mean(ratios[s]) for s in used]
            middle = np.median(flat) if row["median"] else mean(by_seed)
            row["ratio"] = inf if middle == inf else math.exp(middle)
            if e != base:
                values = [c["improvement"] for c in out["comparisons"] if c["label"] == labels[e] and not math.isnan(c["improvement"])]
                row["improvement"] = mean(values)
                row["iqm"] = inf if iqm(flat) == inf else math.exp(iqm(flat))
                if not row["median"]:
                    row["ratio_interval"] = exp(t_interval(by_seed))
                    if count == len(used) * len(table.points) and len(used) > 1:
                        whole = np.array([ratios[s] for s in used])
                        left = np.array([iqm(np.delete(whole, i, 0)) for i in range(len(used))])
                        n = len(used)
                        reach = stats.t.ppf(.975, n - 1) * math.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum())
                        row["iqm_interval"] = exp([iqm(whole) - reach, iqm(whole) + reach])
        out["ranking"].append(row)
    if len(used) > 1 and len(ranked) > 1:
        k, n = len(ranked), len(used)
        placed = np.array([stats.rankdata(np.round(row, 12)) for row in per_seed])
        ties = sum((stats.rankdata(row, "max") - stats.rankdata(row, "min") + 1).tolist()[i] ** 2 - 1 for row in placed for i in range(k))
        kept = 1 - ties / (n * k * (k * k - 1))
        friedman = 12 * n / (k * (k + 1)) * ((placed.mean(0) - (k + 1) / 2) ** 2).sum() / kept if kept > 0 else 0.
        out["rank_test"] = {"seeds": n, "entries": k, "friedman": friedman, "p": float(stats.chi2.sf(friedman, k - 1)),
                            "nemenyi_distance": stats.studentized_range.ppf(.95, k, np.inf) / math.sqrt(2) * math.sqrt(k * (k + 1) / (6 * n))}
    # ---- curves along an axis of numbers
    for axis in table.axes:
        key, values = axis["key"], axis["values"]
        if not axis["numeric"] or len(values) < 2:
            continue
        order = sorted(values)
        log = order[0] > 0 and order[-1] > 50 * order[0]
        for first in [p for p in table.points if p[key] == values[0]]:
            family = []
            for e in entries:
                if e == base:
                    continue
                places = [table.points.index({**first, key: v}) for v in order]
                kept = [(v, p) for v, p in zip(order, places) if math.isfinite(raw[p, e])]
                if len(kept) < 2:
                    continue
                x = np.array([math.log10(v) if log else float(v) for v, _ in kept])
                y = np.array([raw[p, e] for _, p in kept])
                rows = np.array([[logs[p][e][s] - logs[p][base][s] for _, p in kept] for s in seeds])
                rows = rows[~np.isnan(rows).all(1)]
                p_points = sign_flip_max(rows)
                whole = rows[~np.isnan(rows).any(1)]
                slopes = [np.polyfit(x - x.mean(), row, 1)[0] for row in whole]
                signs = [(a, b, i) for i, (a, b) in enumerate(zip(y, y[1:])) if a * b < 0]
                rest = {k: v for k, v in first.items() if k != key}
                family.append({"label": labels[e], "axis": key, "axes": rest, "scale": "log10" if log else "linear", "seeds": len(slopes),
                               "slope": mean(slopes), "interval": t_interval(slopes), "p": sign_flip(slopes), "crossings": len(signs),
                               "bootstrap_interval": bca(slopes, np.mean) if len(slopes) > 1 else None,
                               "curve": [{"at": float(v), "difference": d, "p": q} for (v, _), d, q in zip(kept, y, p_points)]})
                for a, b, i in signs:
                    at = x[i] + (x[i + 1] - x[i]) * a / (a - b)
                    ends = [step_out(x, rows, at, side) for side in (-1, 1)]
                    back = (lambda v: v if math.isinf(v) or not log else 10 ** v)
                    out["crossovers"].append({"label": labels[e], "axis": key, "axes": rest, "at": back(at), "scale": "log10" if log else "linear",
                                              "interval": [back(v) for v in ends], "crossings": len(signs), "points": len(kept),
                                              "lower_before": labels[e] if a < 0 else labels[base]})
            for row, q in zip(family, holm([r["p"] for r in family])):
                row["p_holm"] = q
            out["interactions"] += family
    return out


def step_out(x, rows, at, side):
    """Where a t test over seeds first tells the straight lines between points from 0, going out from [at]."""
    def away(place):
        i = min(max(int(np.searchsorted(x, place)) - 1, 0), len(x) - 2)
        w = (place - x[i]) / (x[i + 1] - x[i])
        have = ~np.isnan(rows[:, i:i + 2])
        n, both = have.sum(0), have.all(1)
        cross = np.cov(rows[both][:, i:i + 2].T)[0, 1] * both.sum() / n[0] / n[1] if both.sum() > 1 else 0.
        own = [np.nanvar(rows[:, i + k], ddof=1) / n[k] for k in (0, 1)]
        middle = np.nanmean(rows[:, i:i + 2], 0) @ [1 - w, w]
        variance = (1 - w) ** 2 * own[0] + 2 * w * (1 - w) * cross + w ** 2 * own[1]
        return middle ** 2 - stats.t.ppf(.975, n.min() - 1) ** 2 * variance
    end, last = x[-1] if side > 0 else x[0], at
    for place in np.linspace(at, end, 4001)[1:]:
        if away(place) > 0:
            return float(optimize.brentq(away, last, place, xtol=1e-15))
        last = place
    return side * inf


class Comparison:
    def __init__(self):
        self.counts, self.wrong = {}, 0

    def number(self, section, path, there, ours, width=None):
        there = nan if there is None else {"inf": inf, "-inf": -inf}.get(there, there) if isinstance(there, str) and there.endswith("inf") else there
        self.counts[section] = self.counts.get(section, 0) + 1
        if isinstance(there, (str, bool, list)) or isinstance(ours, (str, bool, list)):
            good = there == ours
        elif math.isnan(there) or ours is None or math.isnan(ours):
            good = math.isnan(there) and (ours is None or math.isnan(ours) or math.isinf(ours))
        else:
            good = there == ours or abs(there - ours) <= (.2 * width if width else 1e-8 * max(1, abs(there)))
        if not good:
            self.wrong += 1
            print(f"{section}: {path}: {there} there, {ours} here")

    def row(self, section, there, ours):
        name = " ".join(str(ours.get(k, "")) for k in ("label", "pair", "axis", "axes", "at"))
        for key, value in ours.items():
            if key.startswith("_") or key in ("axes", "pair", "label", "axis") or key not in there:
                continue
            found = there[key]
            if key == "curve":
                for a, b in zip(found, value):
                    self.row(section, a, {**b, "label": name})
            elif key.endswith("interval") or key in ("places", "groups"):
                found, value = found or [None, None], value if value is not None else [None, None]
                drawn = key.startswith("bootstrap") and None not in found and None not in value
                width = abs(found[1] - found[0]) if drawn else None
                for a, b in zip(found, value):
                    if not (key.startswith("bootstrap") and b is None):
                        self.number(section, f"{name} {key}", a, b, width)
            elif value is None:
                continue  # drawn p
            else:
                self.number(section, f"{name} {key}", found, value)

    def section(self, where, there, ours):
        for name in ("summary", "comparisons", "ranking"):
            for row in ours[name]:
                twin = [r for r in there[name] if r["label"] == row["label"] and r.get("axes", {}) == row.get("axes", {})]
                if len(twin) != 1:
                    self.number(where + name, f"rows of {row['label']} {row.get('axes')}", float(len(twin)), 1.)
                else:
                    self.row(where + name, twin[0], row)
        for row in ours["pairs"]:
            twin = [r for r in there["pairs"] if sorted(r["pair"]) == sorted(row["pair"])]
            if len(twin) != 1:
                self.number(where + "pairs", f"rows of {row['pair']}", float(len(twin)), 1.)
                continue
            row = dict(row)
            if twin[0]["ratio"] is not None and abs(twin[0]["ratio"] - row["ratio"]) > 1e-8 * row["ratio"]:  # the other way round
                row["ratio"] = 1 / row["ratio"]
                for key in ("interval", "skew_interval"):
                    row[key] = row[key] and [1 / row[key][1], 1 / row[key][0]]
                row["verdict"] = {"better": "worse", "worse": "better"}.get(row["verdict"], row["verdict"])
            self.row(where + "pairs", twin[0], row)
        for name in ("interactions", "crossovers"):
            for row in ours[name]:
                twin = [r for r in there[name] if row["label"] in r["pair"] and r["axis"] == row["axis"] and r["axes"] == row["axes"] and
                        (name == "interactions" or (r["at"] is not None and abs(r["at"] - row["at"]) < 1e-6 * max(1, abs(row["at"]))))]
                if len(twin) != 1:
                    self.number(where + name, f"rows of {row['label']} {row['axis']} {row['axes']}", float(len(twin)), 1.)
                else:
                    self.row(where + name, twin[0], row)
        if "rank_test" in ours and there.get("rank_test"):
            self.row(where + "rank_test", there["rank_test"], ours["rank_test"])


def selection(report, compare):
    chosen_by, over = report["selection"]["by"], report["selection"]["over"]
    values = next(a["values"] for a in report["axes"] if a["key"] == over) if any(a["key"] == over for a in report["axes"]) else \
        sorted({c["axes"][over] for c in report["cells"]})
    rest = [a for a in report["axes"] if a["key"] != over]
    grid = Table(report, rest + [{"key": over, "values": values, "numeric": True}])
    logs, worst = grid.numbers(chosen_by)
    ascending, choice, common = sorted(values), {}, {}
    points = [dict(zip((a["key"] for a in rest), v)) for v in itertools.product(*(a["values"] for a in rest))]
    for point in points:
        places = [grid.points.index({**point, over: v}) for v in values]
        bad, scores = max(worst[p] for p in places), {}
        for e, label in enumerate(grid.labels):
            table = np.array([logs[p][e] for p in places])
            some = ~np.isnan(table).all(1)
            seeds = ~np.isnan(table[some]).any(0) if some.any() else np.zeros(table.shape[1], bool)
            score = [float(np.minimum(row[seeds], bad).mean()) if ok and seeds.any() else inf for row, ok in zip(table, some)]
            scores[label] = dict(zip(values, score))
            best = min(ascending, key=lambda v: scores[label][v])
            if not seeds.any():
                best = None
            choice[json.dumps(point), label] = best
            row = next(r for r in report["selection"]["chosen"] if r["label"] == label and r["axes"] == point)
            if best is not None:
                compare.row("chosen", row, {"label": label, "axes": point, "value": float(best), "score": scores[label][best],
                                            "seeds": int(seeds.sum()), "diverged": int(np.isinf(table[values.index(best)][seeds]).sum()),
                                            "edge": len(values) > 1 and best in (ascending[0], ascending[-1])})
        found = [label for label in grid.labels if choice[json.dumps(point), label] is not None]
        sums = {v: sum(stats.rankdata([scores[e][u] for u in values])[values.index(v)] for e in found) for v in values}
        least = min(sums.values())
        common[json.dumps(point)] = min((v for v in ascending if sums[v] == least), key=lambda v: sum(scores[e][v] for e in found))
        row = next(r for r in report["selection"]["common"]["chosen"] if r["axes"] == point)
        compare.row("common", row, {"axes": point, "value": float(common[json.dumps(point)]), "mean_rank": least / len(found)})

    def own(point, label):
        return choice[json.dumps(point), label]

    def shared(point, label):
        return common[json.dumps(point)]
    own.axis = shared.axis = over
    metric = report["metric"]
    compare.section("", report, evidence(Table(report, rest, own), metric))
    compare.section("common ", report["selection"]["common"], evidence(Table(report, rest, shared), metric))
    if "grid" in report["selection"]:
        order = list(report["cells"][0]["axes"])
        axes = sorted(rest + [{"key": over, "values": values, "numeric": True}], key=lambda a: order.index(a["key"]))
        compare.section("grid ", report["selection"]["grid"], evidence(Table(report, axes), metric))
    robust, bad = Table(report, rest + [{"key": over, "values": ascending, "numeric": True}]), {}
    logs, worst = robust.numbers(metric)
    for row in report["selection"]["robustness"]:
        places = [robust.points.index({**row["axes"], over: v}) for v in ascending]
        table = np.array([logs[p][robust.labels.index(row["label"])] for p in places])
        seeds = ~np.isnan(table).any(0)
        if not seeds.all():
            continue
        means, x = np.minimum(table, max(worst[p] for p in places)).mean(1), np.log(ascending)
        area = np.trapezoid(means, x) / (x[-1] - x[0]) if len(x) > 1 else means[0]
        near, low = means <= means.min() + math.log(1.1), int(np.argmin(means))
        high = low
        while low > 0 and near[low - 1]:
            low -= 1
        while high + 1 < len(x) and near[high + 1]:
            high += 1
        compare.row("robustness", row, {"label": row["label"], "axes": row["axes"], "area": area, "loss": math.exp(area),
                                        "decades": (x[high] - x[low]) / math.log(10)})
        for a, b in zip(row["within"], (ascending[low], ascending[high])):
            compare.number("robustness", "within", a, float(b))
        for a, b in zip(row["curve"], means):
            compare.number("robustness", "curve", a["mean_log_loss"], float(b))


def main():
    wrong = 0
    for path in sys.argv[1:]:
        with open(path) as file:
            report = json.load(file)
        compare = Comparison()
        if report["selection"]:
            selection(report, compare)
        else:
            compare.section("", report, evidence(Table(report, report["axes"]), report["metric"]))
        total = sum(compare.counts.values())
        print(f"{path}: {total} numbers, {compare.wrong} differ (" + ", ".join(f"{k} {v}" for k, v in compare.counts.items()) + ")")
        wrong += compare.wrong or total == 0
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
