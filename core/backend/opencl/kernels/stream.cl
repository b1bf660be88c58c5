/* Kernels: streams (drawing and formulas at the top of core/graph/op_stream.c). */

KERNEL(flat, stack) {
    FLAT(k);
    struct operand x = in(&job, 0);
    size_t rest = k;
    for (int i = 1; rest >= (size_t)x.rows * x.cols; i++) {
        rest -= (size_t)x.rows * x.cols;
        x = in(&job, i);
    }
    out(&job).data[k] = x.data[rest];
}

KERNEL(entry, stream_mix) {
    ENTRY(row, t);
    const struct operand y = out(&job);
    const int blocks = job.call->stream.blocks, d = y.rows / blocks, k = row / d;
    float total = 0;
    for (int p = 0; p < job.call->in_count; p += 2) {
        const struct operand c = in(&job, p), x = in(&job, p + 1);
        const int sources = x.rows / d;
        for (int j = 0; j < sources; j++) {
            const int coefficient = job.call->stream.transpose ? j * blocks + k : k * sources + j;
            total = MADD(at_entry(&c, coefficient, t), at_entry(&x, j * d + row % d, t), total);
        }
    }
    put(&y, row, t, total);
}

/* Entry k * others + j: <x_k, y_j> of one token. */
float block_dot(const struct job *job, int entry, int t) {
    const struct operand x = in(job, 0), y = in(job, 1);
    const int d = x.rows / job->call->stream.blocks, others = y.rows / d;
    const int k = entry / others, j = entry % others;
    float total = 0;
    for (int c = 0; c < d; c++)
        total = MADD(at_entry(&x, k * d + c, t), at_entry(&y, j * d + c, t), total);
    return total;
}

KERNEL(entry, stream_dot) {
    ENTRY(row, t);
    const struct operand y = out(&job);
    put(&y, row, t, block_dot(&job, row, t));
}

KERNEL(row, stream_dot_sum) {
    ROW(c);
    float mine = 0;
    EACH_TOKEN(t) mine += block_dot(&job, c, t);
    ADD_ROW(c, mine);
}

/* ---- projections ---- */

/* y rows are [matrix][group][column]. */
KERNEL(entry, project) {
    ENTRY(row, t);
    const struct operand y = out(&job), x = in(&job, 0), r = in(&job, 1);
    int rest = row, p = 2;
    struct operand w = in(&job, p);
    for (; rest >= r.rows * w.cols; w = in(&job, ++p)) rest -= r.rows * w.cols;
    const int j = rest / w.cols, column = rest % w.cols;
    float total = 0;
    for (int i = 0; i < w.rows; i++)
        total = MADD(w.data[i * w.cols + column], at_entry(&x, j * w.rows + i, t), total);
    put(&y, row, t, total * at_entry(&r, j, t));
}

KERNEL(entry, project_grad) {
    ENTRY(row, t);
    const struct operand dx = out(&job), x = in(&job, 0), r = in(&job, 1), y = in(&job, 2);
    const int matrices = (job.call->in_count - 3) / 2, d = dx.rows / r.rows, j = row / d;
    float value = 0, dot_uy = 0;
    for (int p = 0, first = 0; p < matrices; p++) {
        const struct operand w = in(&job, 3 + p), u = in(&job, 3 + matrices + p);
        for (int column = 0; column < w.cols; column++) {
            const float pulled = at_entry(&u, j * w.cols + column, t);
            value = MADD(w.data[(row % d) * w.cols + column], pulled, value);
            dot_uy = MADD(pulled, at_entry(&y, first + j * w.cols + column, t), dot_uy);
        }
        first += r.rows * w.cols;
    }
    put(&dx, row, t, value - at_entry(&x, row, t) * at_entry(&r, j, t) / d * dot_uy);
}

/* ---- doubly stochastic matrices, entry (to, from) at to * n + from ---- */

enum { MOST_ENTRIES = PL_STREAMS * PL_STREAMS, MOST_PERMUTATIONS = 24, KEPT_STEPS = 64 };

/* The row of the largest logit of a column. */
int column_top(const struct operand *z, int n, int column, int t) {
    int top = column;
    for (int k = column; k < n * n; k += n) top = at_entry(z, k, t) > at_entry(z, top, t) ? k : top;
    return top;
}

void sinkhorn_start(const struct operand *z, int n, int t, float *m) {
    for (int j = 0; j < n; j++) {
        const float top = at_entry(z, column_top(z, n, j, t), t);
        for (int k = j; k < n * n; k += n)
            m[k] = exponential(fmax(at_entry(z, k, t) - top, -80.0f));
    }
}

/* Step s divides columns (even) or rows (odd) by their sums, which are kept. */
void sinkhorn_step(float *m, int n, int s, float *sums) {
    const int first = s % 2 ? n : 1, next = s % 2 ? 1 : n;
    for (int line = 0; line < n; line++) {
        float sum = 0;
        for (int k = 0; k < n; k++) sum += m[line * first + k * next];
        for (int k = 0; k < n; k++) m[line * first + k * next] /= sum;
        sums[line] = sum;
    }
}

/* The way back of step s (core/backend/plain/stream.inc): [l] the gradient of log m. */
void sinkhorn_undo(float *l, float *m, int n, int s, const float *sums) {
    const int first = s % 2 ? n : 1, next = s % 2 ? 1 : n;
    for (int line = 0; line < n; line++) {
        float total = 0;
        for (int k = 0; k < n; k++) total += l[line * first + k * next];
        for (int k = 0; k < n; k++) {
            l[line * first + k * next] -= m[line * first + k * next] * total;
            m[line * first + k * next] *= sums[line];
        }
    }
}

void sinkhorn(const struct job *job, const struct operand *z, int t, float *m) {
    const int n = job->call->doubly.n;
    float sums[PL_STREAMS];
    sinkhorn_start(z, n, t, m);
    for (int s = 0; s < 2 * job->call->doubly.iterations; s++) sinkhorn_step(m, n, s, sums);
}

/* A work item has room for the sums of a few steps, so it goes back in pieces, each after the way
 * there. */
void sinkhorn_grad(const struct job *job, const struct operand *z, int t, float *l) {
    const int n = job->call->doubly.n;
    float m[MOST_ENTRIES], sums[KEPT_STEPS * PL_STREAMS];
    sinkhorn(job, z, t, m);
    for (int k = 0; k < n * n; k++) l[k] *= m[k];
    for (int end = 2 * job->call->doubly.iterations; end > 0; end -= KEPT_STEPS) {
        const int start = end > KEPT_STEPS ? end - KEPT_STEPS : 0;
        sinkhorn_start(z, n, t, m);
        for (int s = 0; s < end; s++)
            sinkhorn_step(m, n, s, sums + (s < start ? 0 : s - start) * PL_STREAMS);
        for (int s = end - 1; s >= start; s--)
            sinkhorn_undo(l, m, n, s, sums + (s - start) * PL_STREAMS);
    }
    for (int j = 0; j < n; j++) {
        const int top = column_top(z, n, j, t);
        for (int k = j; k < n * n; k += n) { /* an entry at the floor moves with the largest */
            if (at_entry(z, k, t) - at_entry(z, top, t) >= -80) continue;
            l[top] += l[k];
            l[k] = 0;
        }
    }
}

/* As pl_permutation: digit i of k in the factorial system chooses among what is left, in order. */
void permutation(int n, int k, int *chosen) {
    int used = 0, ways = 1;
    for (int i = 2; i < n; i++) ways *= i;
    for (int i = 0; i < n; i++) {
        int skip = k / ways, value = 0;
        k %= ways;
        ways = n - 1 - i > 0 ? ways / (n - 1 - i) : 1;
        while (used >> value & 1 || skip-- > 0) value++;
        used |= 1 << value;
        chosen[i] = value;
    }
}

void softmax_of(const struct operand *z, int t, float *w) {
    float top = at_entry(z, 0, t), total = 0;
    for (int k = 1; k < z->rows; k++) top = fmax(top, at_entry(z, k, t));
    for (int k = 0; k < z->rows; k++) total += w[k] = exponential(at_entry(z, k, t) - top);
    for (int k = 0; k < z->rows; k++) w[k] /= total;
}

void birkhoff(const struct job *job, const struct operand *z, int t, float *m) {
    const int n = job->call->doubly.n;
    float w[MOST_PERMUTATIONS];
    int chosen[PL_STREAMS];
    softmax_of(z, t, w);
    for (int k = 0; k < n * n; k++) m[k] = 0;
    for (int k = 0; k < z->rows; k++) {
        permutation(n, k, chosen);
        for (int i = 0; i < n; i++) m[i * n + chosen[i]] += w[k];
    }
}

/* dz_k = w_k (g_k - <w, g>), g_k = sum_i g[i, k(i)]. One w is often nearly 1, and <w, g> nearly its
 * g, so every g_k is taken relative to that one, and nothing cancels. */
void birkhoff_grad(const struct job *job, const struct operand *z, int t, const float *g,
                   float *dz) {
    const int n = job->call->doubly.n;
    float w[MOST_PERMUTATIONS], mean = 0;
    int chosen[PL_STREAMS], heaviest[PL_STREAMS], top = 0;
    softmax_of(z, t, w);
    for (int k = 1; k < z->rows; k++) top = w[k] > w[top] ? k : top;
    permutation(n, top, heaviest);
    for (int k = 0; k < z->rows; k++) {
        permutation(n, k, chosen);
        dz[k] = 0;
        for (int i = 0; i < n; i++) dz[k] += g[i * n + chosen[i]] - g[i * n + heaviest[i]];
        mean = MADD(w[k], dz[k], mean);
    }
    for (int k = 0; k < z->rows; k++) dz[k] = w[k] * (dz[k] - mean);
}

/* Factor [f] of entry (i, j): p where the f-th digits agree (binary, highest first), else 1 - p. */
float factor(const struct operand *z, int f, int i, int j, int t) {
    const int digit = z->rows / 2 - 1 - f;
    const float d = at_entry(z, 2 * f, t) - at_entry(z, 2 * f + 1, t);
    return sigmoid((i ^ j) >> digit & 1 ? -d : d);
}

void kronecker(const struct job *job, const struct operand *z, int t, float *m) {
    const int n = job->call->doubly.n;
    for (int k = 0; k < n * n; k++) {
        m[k] = 1;
        for (int f = 0; f < z->rows / 2; f++) m[k] *= factor(z, f, k / n, k % n, t);
    }
}

void kronecker_grad(const struct job *job, const struct operand *z, int t, const float *g,
                    float *dz) {
    const int n = job->call->doubly.n;
    float m[MOST_ENTRIES];
    kronecker(job, z, t, m);
    for (int f = 0; f < z->rows / 2; f++) {
        const int bit = 1 << (z->rows / 2 - 1 - f);
        const float agree = factor(z, f, 0, 0, t), differ = factor(z, f, 0, bit, t);
        float total = 0;
        for (int k = 0; k < n * n; k++) {
            const int apart = (k / n ^ k % n) & bit;
            total = MADD(g[k] * m[k], apart ? -agree : differ, total);
        }
        dz[2 * f] = total;
        dz[2 * f + 1] = -total;
    }
}

KERNEL(token, doubly) {
    TOKEN(t);
    const struct operand y = out(&job), z = in(&job, 0);
    float m[MOST_ENTRIES];
    if (job.call->doubly.kind == PL_DOUBLY_SINKHORN)
        sinkhorn(&job, &z, t, m);
    else if (job.call->doubly.kind == PL_DOUBLY_BIRKHOFF)
        birkhoff(&job, &z, t, m);
    else
        kronecker(&job, &z, t, m);
    for (int k = 0; k < y.rows; k++) put(&y, k, t, m[k]);
}

KERNEL(token, doubly_grad) {
    TOKEN(t);
    const struct operand dz = out(&job), gradient = in(&job, 0), z = in(&job, 1);
    float g[MOST_ENTRIES], found[MOST_ENTRIES];
    for (int k = 0; k < gradient.rows; k++) g[k] = at_entry(&gradient, k, t);
    if (job.call->doubly.kind == PL_DOUBLY_SINKHORN)
        sinkhorn_grad(&job, &z, t, g);
    else if (job.call->doubly.kind == PL_DOUBLY_BIRKHOFF)
        birkhoff_grad(&job, &z, t, g, found);
    else
        kronecker_grad(&job, &z, t, g, found);
    for (int k = 0; k < dz.rows; k++)
        put(&dz, k, t, job.call->doubly.kind == PL_DOUBLY_SINKHORN ? g[k] : found[k]);
}
