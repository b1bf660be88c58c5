/* Kernels: depth attention (drawing and formulas at the top of core/graph/op_depth.c). */

int source_count(const struct job *job) {
    return job->call->depth.keyed ? (job->call->in_count - 1) / 2 : job->call->in_count - 1;
}

/* r_i of head [head]; 1 without key norm. */
float key_at(const struct job *job, int source, int head, int t) {
    if (!job->call->depth.keyed) return 1;
    const struct operand r = in(job, 1 + source_count(job) + source);
    return at_entry(&r, r.rows > 1 ? head : 0, t);
}

/* <x, y> over the channels of one head. */
float dot_head(const struct operand *x, const struct operand *y, int head, int heads, int t) {
    const int rows = x->rows / heads;
    struct pieces total = {0, 0};
    for (int c = head * rows; c < (head + 1) * rows; c++)
        add_product(&total, at_entry(x, c, t), at_entry(y, c, t));
    return total.high + total.low;
}

/* A weight before division (core/backend/plain/depth.inc). */
float share(int kind, float s, float top) {
    if (kind == PL_SCORE_SOFTMAX) return exponential(s - top);
    if (kind == PL_SCORE_SIGMOID) return sigmoid(s);
    return exponential((s < 0 ? s : 0) - (top < 0 ? top : 0)) / (1 + exponential(-fabs(s)));
}

int is_sparse(int kind) {
    return kind == PL_SCORE_SPARSEMAX || kind == PL_SCORE_ENTMAX15;
}

/* Sparsemax and entmax15, tau from below (core/backend/plain/depth.inc). */
void sparsify(const struct job *job, const struct operand *s, int head, int t, float top) {
    const int heads = job->call->depth.heads, square = job->call->depth.score == PL_SCORE_ENTMAX15;
    const float part = square ? 0.5f : 1.0f;
    float tau = -1, next = -1;
    for (int i = head; i < s->rows; i += heads) put(s, i, t, part * (at_entry(s, i, t) - top));
    do {
        float above = -1, slope = 0;
        tau = next;
        for (int i = head; i < s->rows; i += heads) {
            const float u = fmax(at_entry(s, i, t) - tau, 0.0f);
            above = square ? MADD(u, u, above) : above + u;
            slope += square ? 2 * u : u > 0 ? 1.0f : 0.0f;
        }
        next = tau + above / slope;
    } while (next > tau);
    for (int i = head; i < s->rows; i += heads) {
        const float u = fmax(at_entry(s, i, t) - tau, 0.0f);
        put(s, i, t, square ? u * u : u);
    }
}

/* The scores of one head, which lie in the rows head, head + heads, ..., to weights, in place. */
void normalise(const struct job *job, const struct operand *s, int head, int t) {
    const int heads = job->call->depth.heads, divided = job->call->depth.score != PL_SCORE_SIGMOID;
    float top = at_entry(s, head, t), total = 0;
    for (int i = head + heads; i < s->rows; i += heads) top = fmax(top, at_entry(s, i, t));
    if (is_sparse(job->call->depth.score)) {
        sparsify(job, s, head, t, top);
        return;
    }
    for (int i = head; i < s->rows; i += heads) {
        const float score = at_entry(s, i, t);
        const float e = share(job->call->depth.score, score, top);
        put(s, i, t, e);
        total += e;
    }
    for (int i = head; divided && i < s->rows; i += heads) put(s, i, t, at_entry(s, i, t) / total);
}

KERNEL(token, depth_weights) {
    TOKEN(t);
    const struct operand alpha = out(&job), p = in(&job, 0);
    const int count = source_count(&job), heads = job.call->depth.heads;
    for (int h = 0; h < heads; h++) {
        for (int i = 0; i < count; i++) {
            const struct operand v = in(&job, 1 + i);
            const float score = key_at(&job, i, h, t) * dot_head(&v, &p, h, heads, t);
            put(&alpha, i * heads + h, t, score / job.call->depth.temperature);
        }
        normalise(&job, &alpha, h, t);
    }
}

KERNEL(entry, depth_mix) {
    ENTRY(c, t);
    const struct operand y = out(&job), alpha = in(&job, 0);
    const int heads = job.call->depth.heads, head = c / (y.rows / heads);
    float total = 0;
    for (int i = 0; i + 1 < job.call->in_count; i++) {
        const struct operand v = in(&job, 1 + i);
        total = MADD(at_entry(&alpha, i * heads + head, t), at_entry(&v, c, t), total);
    }
    put(&y, c, t, total);
}

KERNEL(entry, depth_mix_grad) {
    ENTRY(c, t);
    const int heads = job.call->depth.heads;
    const struct operand dalpha = out(&job), g = in(&job, 0), v = in(&job, 1 + c / heads);
    put(&dalpha, c, t, dot_head(&g, &v, c % heads, heads, t));
}

KERNEL(row, depth_static_grad) {
    ROW(c);
    const int heads = job.call->depth.heads;
    const struct operand g = in(&job, 0), v = in(&job, 1 + c / heads);
    float mine = 0;
    EACH_TOKEN(t) mine += dot_head(&g, &v, c % heads, heads, t);
    ADD_ROW(c, mine);
}

/* The gradient of sparsemax and entmax15, one head of one token (core/backend/plain/depth.inc). */
void sparse_grad(const struct job *job, int head, int t) {
    const struct operand delta = out(job), dalpha = in(job, 0), alpha = in(job, 1);
    const int heads = job->call->depth.heads, square = job->call->depth.score == PL_SCORE_ENTMAX15;
    float mean = 0, total = 0;
    for (int i = head; i < delta.rows; i += heads) {
        const float a = at_entry(&alpha, i, t), w = square ? sqrt(a) : a > 0 ? 1.0f : 0.0f;
        mean = MADD(w, at_entry(&dalpha, i, t), mean);
        total += w;
    }
    for (int i = head; i < delta.rows; i += heads) {
        const float a = at_entry(&alpha, i, t), w = square ? sqrt(a) : a > 0 ? 1.0f : 0.0f;
        put(&delta, i, t,
            w * (at_entry(&dalpha, i, t) - mean / total) / job->call->depth.temperature);
    }
}

/* softmax: delta = alpha (dalpha - sum alpha dalpha) / T;  sigmoid: alpha (1 - alpha) dalpha / T;
 * sigmoid_norm: as softmax, times 1 - sigmoid(s), the third input */
KERNEL(token, depth_score_grad) {
    TOKEN(t);
    const struct operand delta = out(&job), dalpha = in(&job, 0), alpha = in(&job, 1);
    const int heads = job.call->depth.heads, centred = job.call->depth.score != PL_SCORE_SIGMOID;
    for (int h = 0; h < heads; h++) {
        float mean = 0;
        if (is_sparse(job.call->depth.score)) {
            sparse_grad(&job, h, t);
            continue;
        }
        for (int i = h; i < delta.rows; i += heads)
            mean = MADD(at_entry(&dalpha, i, t), at_entry(&alpha, i, t), mean);
        for (int i = h; i < delta.rows; i += heads) {
            const float d = at_entry(&dalpha, i, t), weight = at_entry(&alpha, i, t);
            float slope = centred ? d - mean : (1 - weight) * d;
            if (job.call->in_count > 2) {
                const struct operand rest = in(&job, 2);
                slope *= at_entry(&rest, i, t);
            }
            put(&delta, i, t, weight * slope / job.call->depth.temperature);
        }
    }
}

KERNEL(row, depth_query_grad) {
    ROW(c);
    const struct operand delta = in(&job, 0);
    const int heads = job.call->depth.heads, head = c / (job.call->out.rows / heads);
    float mine = 0;
    for (int i = 0; i < source_count(&job); i++) {
        const struct operand v = in(&job, 1 + i);
        EACH_TOKEN(t)
        mine = MADD(at_entry(&delta, i * heads + head, t) * key_at(&job, i, head, t),
                    at_entry(&v, c, t), mine);
    }
    ADD_ROW(c, mine);
}

KERNEL(entry, depth_own_query_grad) {
    ENTRY(c, t);
    const struct operand dp = out(&job), delta = in(&job, 0);
    const int heads = job.call->depth.heads, head = c / (dp.rows / heads);
    float total = 0;
    for (int i = 0; i < source_count(&job); i++) {
        const struct operand v = in(&job, 1 + i);
        total = MADD(at_entry(&delta, i * heads + head, t) * key_at(&job, i, head, t),
                     at_entry(&v, c, t), total);
    }
    put(&dp, c, t, total);
}

/* ---- masks: row (i, head) of source [i] is masked by m[i]; of one token, or step-level ---- */

struct totals {
    float all, left, pulled; /* sum x, sum m x, sum g m x */
};

struct totals totals_of(const struct operand *x, const struct operand *mask,
                        const struct operand *g, int head, int t) {
    const int heads = x->rows / mask->rows;
    struct totals total = {0, 0, 0};
    for (int i = 0; i < mask->rows; i++) {
        const float weight = at_entry(x, i * heads + head, t), left = weight * mask->data[i];
        total.all += weight;
        total.left += left;
        total.pulled = MADD(at_entry(g, i * heads + head, t), left, total.pulled);
    }
    return total;
}

/* What the rest is multiplied by; nothing is left of nothing. */
float mask_factor(const struct job *job, struct totals total) {
    if (job->call->depth.mask == PL_MASK_DROP) return 1;
    return total.left == 0 ? 0 : total.all / total.left;
}

KERNEL(token, depth_mask) {
    TOKEN(t);
    const struct operand y = out(&job), x = in(&job, 0), mask = in(&job, 1);
    const int heads = x.rows / mask.rows;
    for (int h = 0; h < heads; h++) {
        const float factor = mask_factor(&job, totals_of(&x, &mask, &x, h, t));
        for (int i = 0; i < mask.rows; i++)
            put(&y, i * heads + h, t, factor * mask.data[i] * at_entry(&x, i * heads + h, t));
    }
}

/* y_i = k m_i x_i, k = A / B:  dx_i = k m_i g_i + (sum_j g_j m_j x_j) (1 - k m_i) / B */
KERNEL(token, depth_mask_grad) {
    TOKEN(t);
    const struct operand dx = out(&job), g = in(&job, 0), x = in(&job, 1), mask = in(&job, 2);
    const int heads = x.rows / mask.rows;
    for (int h = 0; h < heads; h++) {
        const struct totals total = totals_of(&x, &mask, &g, h, t);
        const float factor = mask_factor(&job, total);
        const int keeps = job.call->depth.mask == PL_MASK_RENORMALISE && total.left != 0;
        const float pulled = keeps ? total.pulled / total.left : 0;
        for (int i = 0; i < mask.rows; i++) {
            const float m = factor * mask.data[i];
            put(&dx, i * heads + h, t, m * at_entry(&g, i * heads + h, t) + pulled * (1 - m));
        }
    }
}

KERNEL(entry, depth_value_grad) {
    ENTRY(c, t);
    const struct operand dv = out(&job);
    const int head = c / (dv.rows / job.call->depth.heads);
    float total = 0;
    for (int k = 0; k < job.call->in_count; k += 2) {
        const struct operand alpha = in(&job, k), g = in(&job, k + 1);
        total = MADD(at_entry(&alpha, head, t), at_entry(&g, c, t), total);
    }
    put(&dv, c, t, total);
}

/* u = sum_l delta_l p_l, channel c. */
float pull_at(const struct job *job, int lead, int c, int t) {
    const int head = c / (job->call->out.rows / job->call->depth.heads);
    float total = 0;
    for (int k = lead; k < job->call->in_count; k += 2) {
        const struct operand delta = in(job, k), p = in(job, k + 1);
        total = MADD(at_entry(&delta, head, t), at_entry(&p, c, t), total);
    }
    return total;
}

/* dv = r u - v r^3 <u, v> / rows, head by head of the keys; u waits in the result. */
KERNEL(token, depth_key_grad) {
    TOKEN(t);
    const struct operand dv = out(&job), v = in(&job, 0), r = in(&job, 1);
    const int keyed = job.call->depth.keyed, lead = keyed ? 2 : 1, groups = keyed ? r.rows : 1;
    const int rows = dv.rows / groups;
    for (int h = 0; h < groups; h++) {
        const float key = keyed ? at_entry(&r, h, t) : 1;
        float dot_uv = 0;
        for (int c = h * rows; c < (h + 1) * rows; c++) {
            const float u = pull_at(&job, lead, c, t);
            put(&dv, c, t, u);
            dot_uv = MADD(u, at_entry(&v, c, t), dot_uv);
        }
        const float back = keyed ? key * key * key * dot_uv / rows : 0;
        for (int c = h * rows; c < (h + 1) * rows; c++)
            put(&dv, c, t, key * at_entry(&dv, c, t) - back * at_entry(&v, c, t));
    }
}
