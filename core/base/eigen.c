#include "core/base/eigen.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/alloc.h"

/* ---- to a tridiagonal matrix ---- */

/* v becomes the Householder vector of itself: (I - 2 v v'/v'v) v is [alpha] at the end of v, 0 before.
 * Returns 2/v'v, or 0 when there is nothing to do. */
static double reflector(double *v, int n, double *alpha) {
    double largest = 0, norm = 0;
    *alpha = v[n - 1];
    for (int k = 0; k < n - 1; k++) largest = fabs(v[k]) > largest ? fabs(v[k]) : largest;
    if (largest == 0) return 0;
    largest = fabs(v[n - 1]) > largest ? fabs(v[n - 1]) : largest;
    for (int k = 0; k < n; k++) norm += (v[k] / largest) * (v[k] / largest);
    norm = largest * sqrt(norm);
    *alpha = v[n - 1] > 0 ? -norm : norm;
    v[n - 1] -= *alpha;
    double square = 0;
    for (int k = 0; k < n; k++) square += (v[k] / largest) * (v[k] / largest);
    return 2 / (square * largest) / largest;
}

/* A <- H A H on the leading n x n, H = I - beta v v': A - v w' - w v', w = p - beta/2 (p'v) v, p = beta A v. */
static void reflect(double *a, int stride, int n, const double *v, double beta, double *w) {
    double dot = 0;
    for (int i = 0; i < n; i++) w[i] = 0;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < i; j++) {
            w[i] += a[i * stride + j] * v[j];
            w[j] += a[i * stride + j] * v[i];
        }
        w[i] += a[i * stride + i] * v[i];
    }
    for (int i = 0; i < n; i++) {
        w[i] *= beta;
        dot += w[i] * v[i];
    }
    for (int i = 0; i < n; i++) w[i] -= beta / 2 * dot * v[i];
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) a[i * stride + j] -= v[i] * w[j] + w[i] * v[j];
}

/* The diagonal d[n], and off[k] beside d[k] and d[k + 1]. */
static void tridiagonal(double *a, int n, double *d, double *off) {
    double *w = pl_alloc((size_t)n * sizeof *w);
    for (int row = n - 1; row > 0; row--) {
        double *v = a + (size_t)row * (size_t)n; /* the row left of the diagonal */
        double beta = reflector(v, row, &off[row - 1]);
        if (beta != 0) reflect(a, n, row, v, beta, w);
    }
    for (int k = 0; k < n; k++) d[k] = a[(size_t)k * (size_t)n + (size_t)k];
    pl_free(w);
}

/* ---- QL with implicit shifts ---- */

/* The end of the block that starts at [first]: where an off-diagonal entry is negligible. */
static int block_end(const double *d, const double *off, int n, int first) {
    int k = first;
    while (k < n - 1) {
        double size = fabs(d[k]) + fabs(d[k + 1]);
        if (size + fabs(off[k]) == size) break;
        k++;
    }
    return k;
}

/* sqrt(x^2 + y^2) without overflow. */
static double length_of(double x, double y) {
    double a = fabs(x), b = fabs(y), most = a > b ? a : b, least = a > b ? b : a;
    return most == 0 ? 0 : most * sqrt(1 + (least / most) * (least / most));
}

/* One sweep over the block [first, last], with Wilkinson's shift of its first 2 x 2. */
static void sweep(double *d, double *off, int first, int last) {
    double g = (d[first + 1] - d[first]) / (2 * off[first]), r = length_of(g, 1);
    double s = 1, c = 1, p = 0;
    g = d[last] - d[first] + off[first] / (g + (g >= 0 ? r : -r));
    for (int k = last - 1; k >= first; k--) {
        double f = s * off[k], b = c * off[k];
        r = length_of(f, g);
        off[k + 1] = r;
        if (r == 0) { /* the block falls apart */
            d[k + 1] -= p;
            off[last] = 0;
            return;
        }
        s = f / r;
        c = g / r;
        g = d[k + 1] - p;
        r = (d[k] - g) * s + 2 * c * b;
        p = s * r;
        d[k + 1] = g + p;
        g = c * r - b;
    }
    d[first] -= p;
    off[first] = g;
    off[last] = 0;
}

static int ascending(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static int all_finite(const double *a, int n) {
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++)
            if (!isfinite(a[i * n + j])) return 0;
    return 1;
}

void pl_eigenvalues(double *a, int n, double *out) {
    if (!all_finite(a, n)) {
        for (int k = 0; k < n; k++) out[k] = NAN;
        return;
    }
    double *off = pl_alloc_zero((size_t)n, sizeof *off);
    tridiagonal(a, n, out, off);
    for (int first = 0; first < n; first++)
        for (int last, k = 0; (last = block_end(out, off, n, first)) > first && k < 100; k++)
            sweep(out, off, first, last);
    qsort(out, (size_t)n, sizeof *out, ascending);
    pl_free(off);
}
