/* Kernels: sums over tokens, convolutions. Products are CLBlast's (products.c). */

KERNEL(row, row_sum) {
    ROW(c);
    const struct operand g = in(&job, 0);
    float mine = 0;
    EACH_TOKEN(t) mine += at_entry(&g, c, t);
    ADD_ROW(c, mine);
}

/* x[c], 0 outside */
float channel(const struct operand *x, int c, int t) {
    return c < 0 || c >= x->rows ? 0 : at_entry(x, c, t);
}

KERNEL(entry, conv) {
    ENTRY(c, t);
    const struct operand y = out(&job), w = in(&job, 0), x = in(&job, 1);
    const int sign = job.call->conv.transpose ? -1 : 1;
    float total = 0;
    for (int j = 0; j < w.rows; j++)
        total = MADD(w.data[j], channel(&x, c + sign * (j - w.rows / 2), t), total);
    put(&y, c, t, total);
}

KERNEL(row, conv_kernel_grad) {
    ROW(j);
    const struct operand g = in(&job, 0), x = in(&job, 1);
    const int shift = j - job.call->out.rows / 2;
    float mine = 0;
    EACH_TOKEN(t) {
        float token = 0;
        for (int c = 0; c < g.rows; c++)
            token = MADD(at_entry(&g, c, t), channel(&x, c + shift, t), token);
        mine += token;
    }
    ADD_ROW(j, mine);
}
