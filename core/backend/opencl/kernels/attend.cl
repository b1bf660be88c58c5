/* Kernels: causal attention (formulas at the top of core/graph/op_attend.c). An item has a token
 * and a row of the result; every sum runs over tokens in their order. */

/* <x_i, y_j> over the channels of head a */
float head_dot(const struct job *job, int x, int i, int y, int j, int a) {
    const struct operand p = in(job, x), q = in(job, y);
    const int rows = p.rows / job->call->attend.heads;
    float total = 0;
    for (int c = a * rows; c < (a + 1) * rows; c++)
        total = MADD(at_entry(&p, c, i), at_entry(&q, c, j), total);
    return total;
}

float score_at(const struct job *job, int q, int i, int j, int a) {
    return head_dot(job, q, i, q + 1, j, a) /
           sqrt((float)(in(job, q).rows / job->call->attend.heads));
}

KERNEL(entry, attend_lse) {
    ENTRY(a, i);
    const struct operand lse = out(&job);
    const int start = i - i % in(&job, 0).sequence;
    float top = score_at(&job, 0, i, start, a), total = 0;
    for (int j = start + 1; j <= i; j++) top = fmax(top, score_at(&job, 0, i, j, a));
    for (int j = start; j <= i; j++) total += exponential(score_at(&job, 0, i, j, a) - top);
    put(&lse, a, i, top + logarithm(total));
}

/* p_ij of head a; q and lse name the inputs. */
float weight_at(const struct job *job, int q, int lse, int i, int j, int a) {
    const struct operand l = in(job, lse);
    return exponential(score_at(job, q, i, j, a) - at_entry(&l, a, i));
}

/* What the dropout of weights leaves of p_ij: 0, 1 / (1 - rate), or 1 without. [token] is the first
 * of its inputs. */
float kept_at(const struct job *job, int token, int i, int j, int a) {
    if (job->call->in_count == token) return 1;
    const int sequence = in(job, 0).sequence;
    return dropout_at(job, token, i, a * sequence + j % sequence);
}

KERNEL(entry, attend) {
    ENTRY(c, i);
    const struct operand o = out(&job), v = in(&job, 2);
    const int start = i - i % in(&job, 0).sequence, a = c / (o.rows / job.call->attend.heads);
    float total = 0;
    for (int j = start; j <= i; j++)
        total = MADD(weight_at(&job, 0, 3, i, j, a) * kept_at(&job, 4, i, j, a), at_entry(&v, c, j),
                     total);
    put(&o, c, i, total);
}

/* ds_ij of head a */
float score_grad_at(const struct job *job, int i, int j, int a) {
    const float centre = head_dot(job, 0, i, 4, i, a);
    const float dp = head_dot(job, 0, i, 3, j, a) * kept_at(job, 6, i, j, a);
    return weight_at(job, 1, 5, i, j, a) * (dp - centre) /
           sqrt((float)(in(job, 1).rows / job->call->attend.heads));
}

KERNEL(entry, attend_grad) {
    ENTRY(row, t);
    const struct operand all = out(&job), g = in(&job, 0), q = in(&job, 1), k = in(&job, 2);
    const int d = q.rows, c = row % d, a = c / (d / job.call->attend.heads);
    const int start = t - t % in(&job, 0).sequence;
    const int end = min(start + in(&job, 0).sequence, job.call->tokens);
    float total = 0;
    if (row < d)
        for (int j = start; j <= t; j++)
            total = MADD(score_grad_at(&job, t, j, a), at_entry(&k, c, j), total);
    else if (row < 2 * d)
        for (int i = t; i < end; i++)
            total = MADD(score_grad_at(&job, i, t, a), at_entry(&q, c, i), total);
    else
        for (int i = t; i < end; i++)
            total = MADD(weight_at(&job, 1, 5, i, t, a) * kept_at(&job, 6, i, t, a),
                         at_entry(&g, c, i), total);
    put(&all, row, t, total);
}

KERNEL(entry, attend_entropy) {
    ENTRY(a, i);
    const struct operand entropy = out(&job), l = in(&job, 2);
    const float lse = at_entry(&l, a, i);
    float total = 0;
    for (int j = i - i % in(&job, 0).sequence; j <= i; j++) {
        const float s = score_at(&job, 0, i, j, a);
        total = MADD(exponential(s - lse), lse - s, total);
    }
    put(&entropy, a, i, total);
}

KERNEL(entry, rotate) {
    ENTRY(c, t);
    const struct operand y = out(&job), x = in(&job, 0), table = in(&job, 1);
    const int rows = y.rows / job.call->rotate.heads, within = c % rows;
    const int half_way = rows / 2, pair = within % half_way;
    const size_t angle = (size_t)index_at(&job, 2, t) * rows + pair;
    const float cosine = table.data[angle];
    const float sine =
        job.call->rotate.inverse ? -table.data[angle + half_way] : table.data[angle + half_way];
    if (within >= half_way) return; /* an item turns both of a pair: the result may lie over x */
    const float first = at_entry(&x, c, t), second = at_entry(&x, c + half_way, t);
    put(&y, c, t, first * cosine - second * sine);
    put(&y, c + half_way, t, first * sine + second * cosine);
}
