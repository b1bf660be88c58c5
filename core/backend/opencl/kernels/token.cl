/* Kernels: tables of ids. */

int index_at(const struct job *job, int k, int t) {
    return ((global const int *)in(job, k).data)[t];
}

KERNEL(entry, embed) {
    ENTRY(c, t);
    const struct operand y = out(&job), table = in(&job, 0);
    put(&y, c, t, table.data[(size_t)index_at(&job, 1, t) * table.cols + c]);
}

/* An item for each entry of the table, which adds its tokens up in their order. */
KERNEL(flat, embed_grad) {
    FLAT(k);
    const struct operand dw = out(&job), g = in(&job, 0);
    const int i = k / dw.cols, c = k % dw.cols;
    float total = dw.data[k];
    for (int t = 0; t < job.call->tokens; t++)
        if (index_at(&job, 1, t) == i) total += at_entry(&g, c, t);
    dw.data[k] = total;
}
