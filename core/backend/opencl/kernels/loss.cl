/* Kernels: losses and metrics. A token of weight 0 is chosen out, not multiplied out. */

KERNEL(row, mse) {
    ROW(k);
    const struct operand x = in(&job, 0), y = in(&job, 1), weight = in(&job, 2);
    float mine = 0;
    EACH_TOKEN(t) {
        const float w = at_entry(&weight, 0, t);
        float token = 0;
        for (int c = 0; c < x.rows; c++) {
            const float d = at_entry(&x, c, t) - at_entry(&y, c, t);
            token = MADD(d, d, token);
        }
        mine += w == 0 ? 0 : w * token / x.rows;
    }
    ADD_ROW(k, mine);
}

KERNEL(entry, mse_grad) {
    ENTRY(c, t);
    const struct operand dx = out(&job), x = in(&job, 0), y = in(&job, 1), weight = in(&job, 2);
    const float w = at_entry(&weight, 0, t), d = at_entry(&x, c, t) - at_entry(&y, c, t);
    put(&dx, c, t, w == 0 ? 0 : number(&job, 3) * w * 2 * d / dx.rows);
}

struct softmax {
    float top, total; /* softmax_c = e^(x_c - top) / total */
};

struct softmax softmax_at(const struct operand *x, int t) {
    struct softmax s = {at_entry(x, 0, t), 0};
    for (int c = 1; c < x->rows; c++) s.top = at_entry(x, c, t) > s.top ? at_entry(x, c, t) : s.top;
    for (int c = 0; c < x->rows; c++) s.total += exponential(at_entry(x, c, t) - s.top);
    return s;
}

int label_at(const struct job *job, int t) {
    return ((global const int *)in(job, 1).data)[t];
}

KERNEL(row, xent) {
    ROW(k);
    const struct operand x = in(&job, 0), weight = in(&job, 2);
    float mine = 0;
    EACH_TOKEN(t) {
        const float w = at_entry(&weight, 0, t);
        const struct softmax s = softmax_at(&x, t);
        const float chosen = at_entry(&x, label_at(&job, t), t);
        mine += w == 0 ? 0 : w * (logarithm(s.total) - (chosen - s.top));
    }
    ADD_ROW(k, mine);
}

KERNEL(token, xent_grad) {
    TOKEN(t);
    const struct operand dx = out(&job), x = in(&job, 0), weight = in(&job, 2);
    const float w = at_entry(&weight, 0, t), u = number(&job, 3);
    const struct softmax s = softmax_at(&x, t);
    for (int c = 0; c < dx.rows; c++) {
        const float p = exponential(at_entry(&x, c, t) - s.top) / s.total;
        put(&dx, c, t, w == 0 ? 0 : u * w * (p - (c == label_at(&job, t) ? 1 : 0)));
    }
}

/* The first of equal maxima counts. */
int hit_at(const struct job *job, const struct operand *x, int t) {
    int best = 0;
    for (int c = 1; c < x->rows; c++) best = at_entry(x, c, t) > at_entry(x, best, t) ? c : best;
    return best == label_at(job, t);
}

KERNEL(row, hits) {
    ROW(k);
    const struct operand x = in(&job, 0), weight = in(&job, 2);
    float mine = 0;
    EACH_TOKEN(t) {
        const float w = at_entry(&weight, 0, t);
        mine += w != 0 && hit_at(&job, &x, t) ? w : 0;
    }
    ADD_ROW(k, mine);
}

KERNEL(row, exact) {
    ROW(k);
    const struct operand x = in(&job, 0), weight = in(&job, 2);
    const int most = (x.cols + x.sequence - 1) / x.sequence;
    float mine = 0;
    for (int s = get_local_id(0); s < most; s += GROUP) {
        int asked = 0, right = 1;
        for (int t = s * x.sequence; t < min((s + 1) * x.sequence, x.cols); t++) {
            if (at_entry(&weight, 0, t) == 0) continue;
            asked = 1;
            right = right && hit_at(&job, &x, t);
        }
        mine += asked && right ? 1 : 0;
    }
    ADD_ROW(k, mine);
}
