/* Kernels: norms (formulas at the top of core/graph/op_norm.c). */

/* A zero token has norm 0; NaN stays NaN. */
float inverse_root(float x) {
    return x > 0 ? 1 / sqrt(x) : x == 0 ? 0 : x - x;
}

float mean_of(const struct operand *x, int first, int rows, int t) {
    float total = 0;
    for (int c = first; c < first + rows; c++) total += at_entry(x, c, t);
    return total / rows;
}

float mean_square(const struct operand *x, int first, int rows, int t, float centre) {
    struct pieces total = {0, 0};
    for (int c = first; c < first + rows; c++) {
        const float d = at_entry(x, c, t) - centre;
        add_product(&total, d, d);
    }
    return (total.high + total.low) / rows;
}

KERNEL(token, norm_stats) {
    TOKEN(t);
    const struct operand stats = out(&job), x = in(&job, 0);
    const int groups = job.call->norm.groups, rows = x.rows / groups;
    if (job.call->norm.kind == PL_NORM_LAYER) {
        const float mean = mean_of(&x, 0, x.rows, t);
        put(&stats, 0, t, mean);
        put(&stats, 1, t, inverse_root(mean_square(&x, 0, x.rows, t, mean) + job.call->norm.eps));
        return;
    }
    for (int h = 0; h < groups; h++)
        put(&stats, h, t, inverse_root(mean_square(&x, h * rows, rows, t, 0) + job.call->norm.eps));
}

struct norm {
    float mean, r;
};

/* Of group h. */
struct norm norm_at(const struct job *job, int k, int h, int t) {
    const struct operand stats = in(job, k);
    const int layer = job->call->norm.kind == PL_NORM_LAYER;
    const struct norm found = {layer ? at_entry(&stats, 0, t) : 0, at_entry(&stats, layer + h, t)};
    return found;
}

/* Rows of a group, of [rows] in all. */
int group_rows(const struct job *job, int rows) {
    return rows / max(1, job->call->norm.groups);
}

/* Gain c, or 1 when there is none. */
float gain_at(const struct job *job, int k, int c) {
    return job->call->in_count > k ? in(job, k).data[c] : 1;
}

KERNEL(entry, norm) {
    ENTRY(c, t);
    const struct operand y = out(&job), x = in(&job, 0);
    const int rows = group_rows(&job, y.rows);
    const struct norm norm = norm_at(&job, 1, c / rows, t);
    put(&y, c, t, gain_at(&job, 2, c % rows) * (at_entry(&x, c, t) - norm.mean) * norm.r);
}

KERNEL(token, norm_grad) {
    TOKEN(t);
    const struct operand dx = out(&job), g = in(&job, 0), x = in(&job, 1);
    const int rows = group_rows(&job, dx.rows);
    for (int first = 0; first < dx.rows; first += rows) {
        const struct norm norm = norm_at(&job, 2, first / rows, t);
        struct pieces sum_ck = {0, 0};
        float mean_k = 0;
        for (int c = first; c < first + rows; c++) {
            const float k = at_entry(&g, c, t) * gain_at(&job, 3, c - first);
            mean_k += k;
            add_product(&sum_ck, at_entry(&x, c, t) - norm.mean, k);
        }
        mean_k = job.call->norm.kind == PL_NORM_RMS ? 0 : mean_k / rows;
        const float pull = norm.r * norm.r * ((sum_ck.high + sum_ck.low) / rows);
        for (int c = first; c < first + rows; c++) {
            const float k = at_entry(&g, c, t) * gain_at(&job, 3, c - first);
            put(&dx, c, t, norm.r * (k - mean_k - (at_entry(&x, c, t) - norm.mean) * pull));
        }
    }
}

KERNEL(row, norm_gain_grad) {
    ROW(c);
    const struct operand g = in(&job, 0), x = in(&job, 1);
    float mine = 0;
    EACH_TOKEN(t) {
        const struct norm norm = norm_at(&job, 2, c / group_rows(&job, x.rows), t);
        mine = MADD(at_entry(&g, c, t), (at_entry(&x, c, t) - norm.mean) * norm.r, mine);
    }
    ADD_ROW(c, mine);
}
