#!/usr/bin/env python3
"""Recomputes what a report says of the readings of a design, from the exported table of cells.

    plumbline report STUDY --format json > REPORT.json;  plumbline report STUDY --format csv > CELLS.csv
    python3 recompute_readings.py REPORT.json CELLS.csv

Losses come from CELLS.csv alone, the choices of each reading from REPORT.json. Written from docs/statistics.md with
NumPy and SciPy: the selected rate, the specification curve with its intervals and verdicts, the shares of readings,
and the shares of the variance with their jackknife intervals. Prints how many numbers were compared and every one that
differs by more than 1e-8; ends with status 1 if one does. Of a study that selects and whose runs did not diverge.
"""

import csv
import json
import math
import sys

import numpy as np
from scipy import stats

import recompute


def losses(path, axes, metric):
    """{(label, point of the axes): {seed: log of the metric}}"""
    out = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            if row["status"] == "diverged":
                sys.exit("a run diverged; this script has no rule for it")
            if row[metric] == "":
                continue
            value = math.log(max(float(row[metric]), 1e-12 * float(row["trivial"])))
            out.setdefault((row["label"], tuple(row[a] for a in axes)), {})[int(row["seed"])] = value
    return out


def explained(y, groups):
    """The numerator of omega squared over the number of readings."""
    cells = {}
    for value, group in zip(y, groups):
        cells.setdefault(group, []).append(value)
    n, k = len(y), len(cells)
    if n <= k:
        return math.nan
    between = sum(len(c) * (np.mean(c) - np.mean(y)) ** 2 for c in cells.values())
    within = sum(((np.array(c) - np.mean(c)) ** 2).sum() for c in cells.values())
    return (between - (k - 1) * within / (n - k)) / n


def jackknife(statistic, n):
    every = np.arange(n)
    value = statistic(every)
    left = np.array([statistic(np.delete(every, r)) for r in range(n)])
    reach = stats.t.ppf(.975, n - 1) * math.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum())
    return value, [value - reach, value + reach]


def main():
    with open(sys.argv[1]) as file:
        report = json.load(file)
    over, by = report["selection"]["over"], report["selection"]["by"]
    axes = [a["key"] for a in report["axes"] if a["key"] != over]
    order = list(report["cells"][0]["axes"]) if report.get("cells") else axes + [over]
    place, rate = [order.index(a) for a in axes], order.index(over)
    chooses, judged = losses(sys.argv[2], order, by), losses(sys.argv[2], order, report["metric"])

    best = {}  # {(label, point without the rate): the point with the least mean log loss}
    for (label, point), seeds in chooses.items():
        score = np.mean(list(seeds.values()))
        key = label, tuple(point[i] for i in place)
        if key not in best or (score, float(point[rate])) < best[key][:2]:
            best[key] = score, float(point[rate]), point
    chosen = {key: judged[key[0], value[2]] for key, value in best.items()}

    base, labels = report["baseline"], [v["label"] for v in report["variants"]]
    others = [label for label in labels if label != base]
    compare = recompute.Comparison()
    for said in report["readings"]["specifications"]:
        kept = {k: v for k, v in said["axes"].items()}
        y, v, verdicts, choices = [], [], [], []
        for curve in said["curve"]:
            point = tuple(curve["reading"] if a == "reading" else str(kept[a]) for a in axes)
            found = {}
            for label in others:
                a, b = chosen[label, point], chosen[base, point]
                found[label] = np.array([a[s] - b[s] for s in sorted(a) if s in b])
            p = dict(zip(others, recompute.holm([recompute.sign_flip(found[o]) for o in others])))
            d = found[said["label"]]
            name = f"{said['label']} {kept} reading {curve['reading']}"
            reach = recompute.exp(recompute.t_interval(d))
            wide = recompute.exp(recompute.skew_interval(d))
            y.append(d.mean()), v.append(d.var(ddof=1) / len(d)), choices.append(curve["choices"])
            verdicts.append(recompute.verdict(math.exp(d.mean()), reach, wide, p[said["label"]]))
            compare.number("curve", name + " ratio", curve["ratio"], math.exp(d.mean()))
            compare.number("curve", name + " low", curve["interval"][0], reach[0])
            compare.number("curve", name + " high", curve["interval"][1], reach[1])
            compare.number("curve", name + " verdict", curve["verdict"], verdicts[-1])
        y, v = np.array(y), np.array(v)
        n, name = len(y), f"{said['label']} {kept} "
        for word, verdict in (("better",) * 2, ("worse",) * 2, ("equivalent",) * 2, ("open", "inconclusive")):
            count = verdicts.count(verdict)
            compare.number("shares", name + word, said[word], count)
            for a, b in zip(said[word + "_share"], recompute.wilson(count, n)):
                compare.number("shares", name + word, a, b)
        for a, b in zip([said["ratio"]] + said["interval"], np.exp([y.mean()] + recompute.t_interval(y))):
            compare.number("shares", name + "ratio", a, float(b))

        def spread(rows):
            return y[rows].var(ddof=1) - v[rows].mean()
        compare.number("variance", name + "variance", said["variance"], float(spread(np.arange(n))))
        compare.number("variance", name + "noise", said["noise"], float(v.mean() / y.var(ddof=1)))

        def alone(key):
            groups = np.array([c[key] for c in choices])
            return lambda rows: explained(y[rows], groups[rows]) / spread(rows)

        def together(first, second):
            groups = np.array([c[first] + "/" + c[second] for c in choices])
            return lambda rows: (explained(y[rows], groups[rows]) / spread(rows) - alone(first)(rows) - alone(second)(rows))
        if spread(np.arange(n)) <= 0:  # nothing to explain: no shares
            continue
        for key, row in said["alone"].items():
            value, ends = jackknife(alone(key), n)
            for a, b in zip([row["value"]] + (row["interval"] or [None, None]), [value] + ends):
                compare.number("variance", name + key, a, b)
        for row in said["pairs"]:
            value, ends = jackknife(together(row["first"], row["second"]), n)
            for a, b in zip([row["value"]] + (row["interval"] or [None, None]), [value] + ends):
                compare.number("variance", f"{name} {row['first']} {row['second']}", a, b)
    total = sum(compare.counts.values())
    print(f"{total} numbers, {compare.wrong} differ (" + ", ".join(f"{k} {v}" for k, v in compare.counts.items()) + ")")
    sys.exit(compare.wrong > 0 or total == 0)


if __name__ == "__main__":
    main()
