#!/usr/bin/env python3
"""Numbers that core/stats and experiments/analysis are held to, computed independently.

    python3 tests/golden/stats.py

writes stats.json (functions) and study.json (a small hand-made study and its evidence) beside this
file. Needs SciPy, statsmodels and rliable (pip install --no-deps rliable); none of them is needed to
build, run or test Plumbline.
"""

import itertools
import json
import math
import pathlib

import numpy as np
import rliable.metrics
import scipy
import scipy.integrate
import scipy.optimize
import scipy.special
import scipy.stats
import statsmodels
import statsmodels.stats.power
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

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
    more = evidence_functions(np.random.default_rng(20261122), holm)
    return {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__,
            "log_gamma": log_gamma, "incomplete_beta": beta, "student_cdf": student,
            "student_quantile": quantile, "samples": samples, "ranks": ranks,
            "sign_flip": flips, "sign_flip_long": drawn, "holm": holm} | more


def evidence_functions(rng, families):
    """What came with bootstrap intervals, rank tests and equivalence. A generator of its own, so that
    the numbers above stay as they are."""
    normal = [[x, scipy.stats.norm.cdf(x)] for x in
              (-38, -12.5, -8, -3.1, -1, -.3, -1e-9, 0, 1e-9, .4, 1, 2.5, 1.96, 5, 8.1, 40)]
    normal_quantile = [[p, scipy.stats.norm.ppf(p)] for p in
                       (1e-300, 1e-100, 1e-12, 1e-5, .001, .025, .16, .4, .499, .5, .501, .7, .9, .975, .999, .999999)]
    gamma = [[a, x, scipy.special.gammaincc(a, x)] for a in (.5, 1, 1.5, 4, 12.5, 80)
             for x in (0, 1e-8, .1, .9, 1.4, 5, 13, 79, 120)]
    chi = [[x, df, scipy.stats.chi2.sf(x, df)] for x in (0, .3, 2, 9.5, 40) for df in (1, 2, 5, 19)]
    spread = [[q, k, scipy.stats.studentized_range.cdf(q, k, np.inf)]
              for q in (.1, 1, 2.5, 3.7, 5.2) for k in (2, 3, 5, 10, 30)]
    iqm, bootstrap, wilcoxon, lehmann = [], [], [], []
    for count in (1, 2, 3, 4, 5, 8, 13, 40):
        values = rng.normal(.3, 1.2, count)
        iqm.append({"values": values.tolist(), "iqm": scipy.stats.trim_mean(values, .25)})
        assert math.isclose(rliable.metrics.aggregate_iqm(values[:, None]), iqm[-1]["iqm"], rel_tol=1e-12)
        walsh = [(values[i] + values[j]) / 2 for i in range(count) for j in range(i, count)]
        lehmann.append({"values": values.tolist(), "centre": np.median(walsh)})
    for values in (rng.normal(.4, 1, 6), rng.normal(.4, 1, 12), rng.normal(.2, 1, 25),
                   np.array([1., 2, 3, -4, 5]), np.array([.5, .5, -.5, 1, 2, 2, -3, 4]),
                   np.array([0., 0, 1, 2, -1, 3])):
        kept = values[values != 0]
        found = scipy.stats.wilcoxon(kept, method="exact") if len(set(abs(kept))) == len(kept) else \
            scipy.stats.wilcoxon(kept, method=scipy.stats.PermutationMethod(n_resamples=np.inf))
        wilcoxon.append({"values": values.tolist(), "p": min(found.pvalue, 1), "n": len(kept), "w": plus(kept)})
    for values in (rng.normal(.2, 1, 26), rng.normal(.5, 1, 40), np.round(rng.normal(.3, 1, 60), 1)):
        kept = values[values != 0]
        found = scipy.stats.wilcoxon(kept, method="asymptotic", correction=True)
        wilcoxon.append({"values": values.tolist(), "p": found.pvalue, "n": len(kept), "w": plus(kept)})
    for seeds, blocks in ((6, 1), (12, 1), (9, 4), (20, 3)):
        values = np.exp(rng.normal(0, .6, (seeds, blocks)))
        bootstrap.append(bootstrap_row(values))
    bca = []
    for seeds in (5, 9, 14):
        values = np.exp(rng.normal(0, .8, seeds))
        draws = values[rng.integers(0, seeds, (60, seeds))].mean(1)
        jackknife = [np.delete(values, i).mean() for i in range(seeds)]
        bca.append({"draws": draws.tolist(), "jackknife": jackknife, "estimate": values.mean(),
                    "bca": bca_rule(draws, values.mean(), jackknife),
                    "percentile": np.quantile(draws, [.025, .975]).tolist()})
    fdr = [{"p": row["p"], "adjusted": multipletests(row["p"], method="fdr_bh")[1].tolist()}
           for row in families]
    tost = []
    for values, low, high in ((rng.normal(0, .02, 8), -.02, .02), (rng.normal(.01, .01, 12), -.02, .02),
                              (rng.normal(.03, .01, 5), -.02, .025), (rng.normal(0, 1, 2), -3., 2.)):
        p, under, over = DescrStatsW(values).ttost_mean(low, high)
        tost.append({"values": values.tolist(), "low": low, "high": high, "p": p,
                     "p_low": under[1], "p_high": over[1]})
    wilson = [[k, n, *proportion_confint(k, n, alpha=.05, method="wilson")]
              for k, n in ((0, 1), (1, 1), (0, 12), (1, 8), (3, 8), (8, 8), (50, 200), (999, 1000))]
    improvement = []
    for seeds_a, seeds_b, blocks in ((5, 5, 1), (8, 6, 3), (3, 10, 4)):
        a, b = np.round(rng.normal(0, 1, (seeds_a, blocks)), 1), np.round(rng.normal(.4, 1, (seeds_b, blocks)), 1)
        u = [scipy.stats.mannwhitneyu(b[:, k], a[:, k]).statistic / (seeds_a * seeds_b) for k in range(blocks)]
        improvement.append({"a": a.ravel().tolist(), "b": b.ravel().tolist(), "blocks": blocks, "p": np.mean(u)})
        assert math.isclose(rliable.metrics.probability_of_improvement(-a, -b), np.mean(u), rel_tol=1e-12)
    friedman = []
    for seeds, entries, digits in ((6, 3, 9), (12, 5, 9), (8, 4, 0), (4, 10, 1)):
        values = np.round(rng.normal(0, 1, (seeds, entries)) + np.arange(entries) * .3, digits)
        found = scipy.stats.friedmanchisquare(*values.T)
        q = scipy.stats.studentized_range.ppf(.95, entries, np.inf)
        friedman.append({"values": values.ravel().tolist(), "entries": entries, "statistic": found.statistic,
                         "p": found.pvalue, "ranks": scipy.stats.rankdata(values, axis=1).mean(0).tolist(),
                         "distance": q / math.sqrt(2) * math.sqrt(entries * (entries + 1) / (6 * seeds))})
    mean_rank = []
    for seeds, blocks, entries in ((7, 3, 3), (12, 1, 4)):
        values = rng.normal(0, 1, (seeds, blocks, entries)) + np.arange(entries) * .5
        ranks = scipy.stats.rankdata(values, axis=2).mean(1)
        low, high = resample(ranks, lambda x: x.mean(-2))[1]
        mean_rank.append({"values": values.ravel().tolist(), "seeds": seeds, "blocks": blocks,
                          "ranks": ranks.mean(0).tolist(), "low": low.tolist(), "high": high.tolist(),
                          "spread": ranks.std(0).tolist()})
    return {"normal_cdf": normal, "normal_quantile": normal_quantile, "incomplete_gamma": gamma,
            "chi_squared_tail": chi, "range_cdf": spread, "iqm": iqm, "hodges_lehmann": lehmann,
            "signed_rank": wilcoxon, "bootstrap": bootstrap, "bca": bca, "benjamini_hochberg": fdr,
            "equivalence": tost, "wilson": wilson, "improvement": improvement, "friedman": friedman,
            "mean_rank": mean_rank, "crossing": crossing_rows(np.random.default_rng(20261123)),
            "law": law_rows(np.random.default_rng(20261124)),
            "skew": skew_rows(np.random.default_rng(20261201))} | power_rows()


def skew_rows(rng):
    """Hall's transformation solved for the truth by a root finder; signs and order statistics by the binomial."""
    rows = []
    for values in (rng.normal(.2, 1, 5), rng.exponential(1, 5), rng.exponential(1, 8), -rng.exponential(2, 12),
                   np.where(rng.random(12) < .4, 5., 0.) + rng.normal(0, .3, 12), rng.exponential(1, 20),
                   rng.standard_t(3, 33)):
        n, mean, sd, skew = len(values), np.mean(values), np.std(values, ddof=1), scipy.stats.skew(values)

        def bent(truth):
            w = (mean - truth) / sd
            return math.sqrt(n) * (w + skew * w ** 2 / 3 + skew ** 2 * w ** 3 / 27 + skew / (6 * n))
        q = scipy.stats.t.ppf(.975, n - 1)
        ends = [scipy.optimize.brentq(lambda m: bent(m) - y, mean - 50 * sd, mean + 50 * sd, xtol=1e-14) for y in (q, -q)]
        low, high = scipy.stats.t.interval(.95, n - 1, mean, sd / math.sqrt(n))
        row = {"values": values.tolist(), "low": min(low, ends[0]), "high": max(high, ends[1])}
        threshold = float(mean - .3)
        row |= {"threshold": threshold, "median_above": scipy.stats.binomtest(int((values > threshold).sum()), n, alternative="greater").pvalue,
                "mean_above": max(scipy.stats.t.sf(bent(threshold), n - 1), scipy.stats.t.sf((mean - threshold) / sd * math.sqrt(n), n - 1))}
        k = [k for k in range(1, n // 2 + 1) if 2 * scipy.stats.binom.cdf(k - 1, n, .5) <= .05]
        if k:
            row |= {"median_low": np.sort(values)[k[-1] - 1], "median_high": np.sort(values)[-k[-1]]}
        rows.append(row)
    return rows


def power_rows():
    """Noncentral t by integrating over the chi of its denominator (SciPy's own gives NaN here and there, and
    is asked where it gives a number); power and sample sizes of paired t tests by statsmodels; spreads by chi squared."""
    test = statsmodels.stats.power.TTestPower()
    def nct(t, df, d):
        chi = scipy.stats.chi(df)
        found = scipy.integrate.quad(lambda s: scipy.stats.norm.cdf(t * s / math.sqrt(df) - d) * chi.pdf(s), 0,
                                     chi.isf(1e-18), points=[chi.mean()], epsabs=1e-14, epsrel=1e-13, limit=400)[0]
        other = scipy.stats.nct.cdf(t, df, d)
        assert math.isnan(other) or abs(other - found) < 1e-9, (t, df, d, other, found)
        return found

    cdf = [[t, df, d, nct(t, df, d)] for df in (1, 3, 7, 19, 150) for d in (-2.5, 0, .3, 1.7, 4, 9)
           for t in (-3, -.4, 0, .7, 2.2, 5.5, 12)]
    def of_test(n, effect, alpha):
        limit, shift = scipy.stats.t.isf(alpha / 2, n - 1), effect * math.sqrt(n)
        found = 1 - nct(limit, n - 1, shift) + nct(-limit, n - 1, shift)
        other = test.power(effect, n, alpha)
        assert math.isnan(other) or abs(other - found) < 1e-7, (n, effect, alpha, other, found)
        return found

    power = [[n, effect, alpha, of_test(n, effect, alpha)] for n in (2, 3, 5, 8, 12, 20, 60, 400)
             for effect in (.05, .2, .5, 1, 2) for alpha in (.05, .05 / 3, .05 / 38)]
    seeds = []
    for effect in (.03, .1, .25, .5, .8, 1.2, 2, 4):
        for alpha in (.05, .05 / 5, .05 / 38):
            for wanted in (.8, .9):
                low, high = 1, 2
                while of_test(high, effect, alpha) < wanted:
                    low, high = high, 2 * high
                while high - low > 1:
                    middle = (low + high) // 2
                    low, high = (middle, high) if of_test(middle, effect, alpha) < wanted else (low, middle)
                seeds.append([effect, alpha, wanted, high])
    spread = []
    for sd, n in ((1., 2), (.03, 5), (2.5, 8), (.1, 30), (7., 400)):
        ends = sd * np.sqrt((n - 1) / scipy.stats.chi2.ppf([.975, .025], n - 1))
        spread.append([sd, n, *ends.tolist()])
    return {"noncentral_t_cdf": cdf, "t_power": power, "t_seeds": seeds, "sd_interval": spread}


def law_rows(rng):
    """Power laws with noise: the line by numpy, the offset by SciPy's trust region from many starts."""
    rows = []
    for count, a, b, c, noise in ((3, 2., .3, 0, .02), (5, 40., .2, 0, .05), (5, 900., .5, .3, .01), (6, 3e4, .8, .05, .02),
                                  (8, 5., .1, 1., .01), (5, 1e6, .7, 2., 0)):
        x = np.log(1e6) + np.sort(rng.uniform(0, 5, count))
        y = np.log(a * np.exp(-b * x) + c) + rng.normal(0, noise, count)
        slope, level = np.polyfit(x - x.mean(), y, 1)
        row = {"x": x.tolist(), "y": y.tolist(), "b": -slope, "log_a": level - slope * x.mean(),
               "residual": math.sqrt(np.mean((y - level - slope * (x - x.mean())) ** 2))}
        if count > 3:
            def away(p):
                return y - np.log(np.exp(p[0] - p[1] * (x - x.mean())) + np.exp(p[2]))
            best = min((scipy.optimize.least_squares(away, (y.mean(), .3, y.min() + math.log(s)), method="lm",
                                                     xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=100_000)
                        for s in (.05, .3, .6, .9, .99)), key=lambda f: f.cost)
            found = math.sqrt(2 * best.cost / count)
            if found < row["residual"] * (1 - 1e-9) and best.x[2] > y.min() - 30:
                row |= {"offset_b": best.x[1], "offset_c": math.exp(best.x[2]), "offset_residual": found}
        rows.append(row)
    return rows


def crossing_rows(rng):
    """Bundles of noisy lines over uneven places; some numbers missing in the later ones."""
    rows = []
    for seeds, places, slope, noise, holes in ((6, 4, -1., .3, 0), (10, 5, .8, .5, 0), (3, 3, -2., .1, 0),
                                               (8, 6, -.4, .9, 0), (9, 5, -1., .4, 4), (12, 4, 1.2, .8, 6)):
        x = np.sort(rng.uniform(0, 2, places))
        table = slope * (x - x.mean()) + rng.normal(0, noise, (seeds, 1)) + rng.normal(0, noise, (seeds, places))
        for _ in range(holes):
            table[rng.integers(seeds), rng.integers(places)] = np.nan
        for at, falling in crossings(x, np.nanmean(table, 0)):
            low, high = crossing_interval(x, table, at)
            rows.append({"x": x.tolist(), "places": places, "at": at, "falling": bool(falling),
                         "values": [None if math.isnan(v) else v for v in table.ravel()],
                         "low": real(low), "high": real(high)})
    return rows


def away_from_zero(x, table, at):
    """|t| of the mean at [at] less its critical value, by interpolating means and covariances of means."""
    i = min(max(np.searchsorted(x, at) - 1, 0), len(x) - 2)
    w = (at - x[i]) / (x[i + 1] - x[i])
    have = ~np.isnan(table[:, i:i + 2])
    count, both = have.sum(0), have.all(1)
    share = both.sum() / count[0] / count[1]
    cross = np.cov(table[both][:, i:i + 2].T)[0, 1] * share if both.sum() > 1 else 0.
    own = [np.nanvar(table[:, i + k], ddof=1) / count[k] for k in (0, 1)]
    mean = np.nanmean(table[:, i:i + 2], 0) @ [1 - w, w]
    variance = (1 - w) ** 2 * own[0] + 2 * w * (1 - w) * cross + w ** 2 * own[1]
    return abs(mean) / math.sqrt(variance) - scipy.stats.t.ppf(.975, count.min() - 1)


def crossing_interval(x, table, at):
    """Step away from [at] until the t test finds a difference, then solve for the very place."""
    ends = []
    for end in (x[0], x[-1]):
        fine = np.unique(np.concatenate([np.linspace(at, end, 20001)[1:], x]))
        fine = fine[(fine - at) * (end - at) > 0]
        fine, last, found = (fine if end > at else fine[::-1]), at, math.copysign(math.inf, end - at)
        for place in fine:
            inside = place - 1e-12 * (place - at)  # a place of the table belongs to two segments
            if away_from_zero(x, table, inside) > 0:
                found = scipy.optimize.brentq(lambda v: away_from_zero(x, table, v), last, inside, xtol=1e-15)
                break
            last = place + 1e-12 * (place - at)
            if away_from_zero(x, table, last) > 0:
                found = place
                break
        ends.append(found)
    return ends


def plus(values):
    return float(scipy.stats.rankdata(abs(values))[values > 0].sum())


def bca_rule(draws, estimate, jackknife):
    """Efron's formulas, as SciPy has them (SciPy draws by itself and takes no draws of others)."""
    z0 = scipy.stats.norm.ppf((np.mean(draws < estimate) + np.mean(draws <= estimate)) / 2)
    away = np.mean(jackknife) - np.array(jackknife)
    a = (away ** 3).sum() / (6 * (away ** 2).sum() ** 1.5)
    z = scipy.stats.norm.ppf([.025, .975])
    return np.quantile(draws, scipy.stats.norm.cdf(z0 + (z0 + z) / (1 - a * (z0 + z)))).tolist()


def jackknife_t(estimate, left_out):
    """By pseudo-values: n estimate - (n - 1) left_out are treated as n numbers with a mean."""
    n = len(left_out)
    pseudo = n * estimate - (n - 1) * np.array(left_out)
    reach = scipy.stats.t.ppf(.975, n - 1) * scipy.stats.sem(pseudo)
    return [estimate - reach, estimate + reach]


def resample(values, statistic, count=400_000):
    """Many draws of whole seeds: the draws, and their percentile interval."""
    rng = np.random.default_rng(1)
    draws = np.concatenate([statistic(values[rng.integers(0, len(values), (count // 20, len(values)))])
                            for _ in range(20)])
    return draws, np.quantile(draws, [.025, .975], axis=0)


def bootstrap_row(values):
    """With so many draws that only the other side's count makes an error. SciPy resamples along one
    axis: a block stays with its seed when the seeds' means are what is drawn, so the BCa interval of
    the mean is SciPy's own; that of the IQM follows from the formulas."""
    by_seed = scipy.stats.bootstrap((values.mean(1),), np.mean, n_resamples=400_000, batch=20_000,
                                    method="BCa", random_state=np.random.default_rng(2))
    percentile = resample(values, lambda x: x.mean((-2, -1)))[1]
    iqm = lambda x: scipy.stats.trim_mean(x.reshape(*x.shape[:-2], -1), .25, axis=-1)
    draws = resample(values, iqm)[0]
    jackknife = [float(iqm(np.delete(values, i, 0))) for i in range(len(values))]
    return {"values": values.ravel().tolist(), "blocks": values.shape[1], "mean": values.mean(),
            "percentile": percentile.tolist(), "spread": float(by_seed.standard_error),
            "bca": [by_seed.confidence_interval.low, by_seed.confidence_interval.high],
            "iqm": float(iqm(values)), "iqm_jackknife": jackknife_t(float(iqm(values)), jackknife), "iqm_bca": bca_rule(draws, float(iqm(values)), jackknife),
            "iqm_spread": float(draws.std())}


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
                           "p": sign_flip(capped), "median": infinite} | otherwise(raw, log[e][p], log["standard"][p], infinite))
        for row, adjusted in zip(family, multipletests([r["p"] for r in family], method="holm")[1]):
            row["p_holm"] = adjusted
            row["verdict"] = verdict(row)
        comparisons += family
    return {"entries": ENTRIES, "points": POINTS, "seeds": list(SEEDS), "trivial": TRIVIAL,
            "losses": losses, "summary": summaries, "comparisons": comparisons,
            "ranking": ranking(log), "pairs": pairs(log), "crossovers": crossovers(log),
            "interactions": interactions(log), "selection": selection()}


def otherwise(raw, own, base, infinite):
    """The evidence beside mean, t interval and sign-flip test."""
    values = np.array(raw)
    own, base = [v for v in own if not math.isnan(v)], [v for v in base if not math.isnan(v)]
    u = scipy.stats.mannwhitneyu(base, own).statistic
    row = {"p_signed_rank": scipy.stats.wilcoxon(values, method="exact").pvalue,
           "improvement": u / len(own) / len(base), "p_equivalence": None, "hodges_lehmann": None,
           "bootstrap": [None, None], "spread": 0}
    if not infinite:
        n, region = len(values), math.log(WIDE)
        walsh = [(values[i] + values[j]) / 2 for i in range(n) for j in range(i, n)]
        found = scipy.stats.bootstrap((values,), np.mean, n_resamples=200_000, method="BCa", batch=20_000,
                                      random_state=np.random.default_rng(3))
        row |= {"p_equivalence": DescrStatsW(values).ttost_mean(-region, region)[0],
                "hodges_lehmann": math.exp(np.median(walsh)), "spread": float(found.standard_error),
                "bootstrap": list(np.exp(found.confidence_interval))}
    return row


def verdict(row):
    low, high = row["low"], row["high"]
    if low is not None and low >= 1 / WIDE and high <= WIDE:
        return "equivalent"
    if row["p_holm"] <= .05 and row["ratio"] < 1 and (high is None or high < 1):
        return "better"
    if row["p_holm"] <= .05 and row["ratio"] > 1 and (low is None or low > 1):
        return "worse"
    return "inconclusive"


def bounded_interval(values, low, high, most):
    """Wilson's score interval of the mean's share of the way from low to high, with t for z, and as many
    trials as the spread is worth."""
    n, y = len(values), (np.mean(values) - low) / (high - low)
    var = np.var(values, ddof=1) / (high - low) ** 2
    trials = max(n, n * y * (1 - y) / var if var > 0 else most if 0 < y < 1 else n)
    z = scipy.stats.t.ppf(.975, n - 1)
    middle = (y + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * math.sqrt(y * (1 - y) / trials + z * z / (4 * trials ** 2))
    return low + (high - low) * max(0, middle - half), low + (high - low) * min(1, middle + half)


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
        low, high = bounded_interval(means, 1, len(ENTRIES), len(all_ratios))
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


def max_t(table):
    """p of each column of [seed][column], all at once: whole seeds flipped, the greatest |t| of all columns."""
    scaled = np.asarray(table) / np.sqrt(np.square(table).sum(0))
    flips = np.array(list(itertools.product([1, -1], repeat=len(scaled) - 1)))
    sums = np.abs(np.hstack([np.ones((len(flips), 1)), flips]) @ scaled)
    return [float(np.mean(sums.max(1) >= seen - 1e-9)) for seen in np.abs(scaled.sum(0))]


def pairs(log):
    """Each two entries over the blocks of the ranking, diverged runs at the worst of their point."""
    sums = {e: [[] for _ in SEEDS] for e in ENTRIES}
    for s, p in itertools.product(range(len(SEEDS)), range(len(POINTS))):
        if any(math.isnan(log[e][p][s]) for e in ENTRIES):
            continue
        worst = max([v for e in ENTRIES for v in log[e][p] if math.isfinite(v)] + [math.log(1000 * TRIVIAL)])
        for e in ENTRIES:
            sums[e][s].append(min(log[e][p][s], worst))
    means = {e: np.array([np.mean(of) for of in sums[e]]) for e in ENTRIES}
    both = list(itertools.combinations(ENTRIES, 2))
    differences = [means[a] - means[b] for a, b in both]
    return [{"first": a, "second": b, "difference": float(d.mean()), "p": p}
            for (a, b), d, p in zip(both, differences, max_t(np.transpose(differences)))]


def curve_of(log, entry):
    """The points without a diverged pair: their places, and the differences [seed][point], NaN where one
    of the two has no result."""
    points = [p for p in range(len(POINTS))
              if not any(map(math.isinf, log[entry][p] + log["standard"][p]))]
    table = np.array([[log[entry][p][s] - log["standard"][p][s] for p in points] for s in range(len(SEEDS))])
    return np.array([POINTS[p] for p in points], float), table


def crossings(x, y):
    return [(x[i] + (x[i + 1] - x[i]) * y[i] / (y[i] - y[i + 1]), y[i] > 0)
            for i in range(len(x) - 1) if y[i] * y[i + 1] < 0]


def crossovers(log):
    """Where the mean paired difference changes sign, by a straight line between neighbours; with many
    curves of seeds drawn anew. (In this study every draw has one crossing.)"""
    found = []
    for e in ENTRIES[1:]:
        x, table = curve_of(log, e)
        rng = np.random.default_rng(4)
        drawn = [crossings(x, np.nanmean(table[rng.integers(0, len(table), len(table))], 0))
                 for _ in range(40_000)]
        places = np.array([d[0][0] for d in drawn if len(d) == 1])
        for at, _ in crossings(x, np.nanmean(table, 0)):
            low, high = crossing_interval(x, table, at)
            found.append({"entry": e, "at": at, "low": low, "high": high, "spread": places.std(),
                          "bootstrap": np.quantile(places, [.025, .975]).tolist(),
                          "support": len(places) / len(drawn)})
    return found


def interactions(log):
    """The slope of each seed that has every point, by numpy's polynomial fit."""
    rows = []
    for e in ENTRIES[1:]:
        x, table = curve_of(log, e)
        kept = table[~np.isnan(table).any(1)]
        slopes = np.array([np.polyfit(x, row, 1)[0] for row in kept])
        low, high = t_interval(slopes)
        found = scipy.stats.bootstrap((slopes,), np.mean, n_resamples=200_000, method="BCa", batch=20_000,
                                      random_state=np.random.default_rng(5))
        rows.append({"entry": e, "points": len(x), "seeds": len(slopes), "slope": slopes.mean(), "low": low,
                     "high": high, "p": sign_flip(slopes), "curve": np.nanmean(table, 0).tolist(),
                     "bootstrap": list(found.confidence_interval), "spread": float(found.standard_error),
                     "crossings": len(crossings(x, np.nanmean(table, 0)))})
    for row, adjusted in zip(rows, multipletests([r["p"] for r in rows], method="holm")[1]):
        row["p_holm"] = adjusted
    return rows


# -------------------------------------------------------------------------------- a selection
#
# The same three entries, structure 0 and 1, four learning rates (not in order), six seeds. What is
# chosen by the validation loss is not what the test loss would choose. A hot rate diverges for some.

RATES = [.01, .001, .1, .03]


def selection():
    rng = np.random.default_rng(21)
    shape = (2, len(RATES), 6)  # structure, rate, seed
    losses, best = {}, {"standard": (-2.0, -2.6), "static": (-1.6, -1.9), "plain": (-2.9, -1.4)}
    for e in ENTRIES:
        valid, test = np.empty(shape), np.empty(shape)
        for p, (r, rate) in itertools.product(range(2), enumerate(RATES)):
            bowl = .8 * (math.log10(rate) - best[e][p]) ** 2 - 1 - p
            valid[p, r] = np.exp(bowl + rng.normal(0, .1, 6))
            test[p, r] = np.exp(bowl + .15 * r + rng.normal(0, .1, 6))
        losses[e] = {"valid": [[[float(f"{v:.6g}") for v in row] for row in part] for part in valid],
                     "test": [[[float(f"{v:.6g}") for v in row] for row in part] for part in test]}
    for p, r, s in ((0, 2, 1), (0, 2, 4), (1, 2, 0)):
        losses["plain"]["valid"][p][r][s] = losses["plain"]["test"][p][r][s] = "diverged"
    losses["static"]["valid"][0][0][5] = losses["static"]["test"][0][0][5] = "failed"
    log = {k: {e: [[[np.inf if v == "diverged" else np.nan if v == "failed" else math.log(v) for v in row]
                    for row in part] for part in losses[e][k]] for e in ENTRIES} for k in ("valid", "test")}
    chosen, common, robust, ratios = [], [], [], []
    order = np.argsort(RATES)
    for p in range(2):
        scores = {e: means_at(log["valid"], e, p) for e in ENTRIES}
        ranks = np.mean([scipy.stats.rankdata(scores[e]) for e in ENTRIES], 0)
        ties = [r for r in range(len(RATES)) if ranks[r] == ranks.min()]
        shared = min(ties, key=lambda r: sum(scores[e][r] for e in ENTRIES))
        common.append({"point": p, "value": RATES[shared], "mean_rank": ranks[shared],
                       "edge": shared in (order[0], order[-1])})
        for e in ENTRIES:
            r = int(np.argmin(scores[e]))
            chosen.append({"entry": e, "point": p, "value": RATES[r], "score": scores[e][r],
                           "edge": r in (order[0], order[-1])})
            robust.append({"entry": e, "point": p} | robustness(means_at(log["test"], e, p)[order]))
            own, base = log["test"][e][p][r], log["test"]["standard"][p][int(np.argmin(scores["standard"]))]
            pair = [a - b for a, b in zip(own, base) if math.isfinite(a) and math.isfinite(b)]
            pair_common = [a - b for a, b in zip(log["test"][e][p][shared], log["test"]["standard"][p][shared])
                           if math.isfinite(a) and math.isfinite(b)]
            if e != "standard":
                ratios.append({"entry": e, "point": p, "ratio": math.exp(np.mean(pair)),
                               "common_ratio": math.exp(np.mean(pair_common))})
    for row in chosen + common:
        row["edge"] = bool(row["edge"])
    return {"rates": RATES, "losses": losses, "chosen": chosen, "common": common, "robustness": robust,
            "ratios": ratios}


def means_at(log, entry, point):
    """Mean logs by rate over the seeds that have a result at every rate; diverged is the worst there is."""
    worst = max([v for e in ENTRIES for row in log[e][point] for v in row if math.isfinite(v)] +
                [math.log(1000 * TRIVIAL)])
    table = np.minimum(np.array(log[entry][point]), worst)  # [rate][seed]
    return table[:, ~np.isnan(table).any(0)].mean(1)


def robustness(means):
    rates = np.sort(RATES)
    area = np.trapezoid(means, np.log(rates)) / (math.log(rates[-1]) - math.log(rates[0]))
    near = means <= means.min() + math.log(1.1)
    low = high = int(np.argmin(means))
    while low > 0 and near[low - 1]:
        low -= 1
    while high + 1 < len(rates) and near[high + 1]:
        high += 1
    return {"area": area, "low": rates[low], "high": rates[high], "decades": math.log10(rates[high] / rates[low])}


if __name__ == "__main__":
    for name, content in (("stats.json", functions()), ("study.json", study())):
        (HERE / name).write_text(json.dumps(content, indent=1) + "\n")
