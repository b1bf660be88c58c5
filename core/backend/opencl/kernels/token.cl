/* Kernels: tables of ids, the asked tokens of sequences, dropout. */

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

/* The token that the [u]-th asked one is, or -1 beyond the tile. */
int asked_at(const struct operand *all, const struct operand *asked, int u) {
    const int position = ((global const int *)asked->data)[u];
    const int t = u / asked->sequence * all->sequence + position;
    return t < all->cols ? t : -1;
}

KERNEL(entry, select) {
    ENTRY(c, u);
    const struct operand y = out(&job), x = in(&job, 0), asked = in(&job, 1);
    const int t = asked_at(&x, &asked, u);
    put(&y, c, u, t < 0 ? 0 : at_entry(&x, c, t));
}

KERNEL(entry, select_grad) {
    ENTRY(c, t);
    const struct operand dx = out(&job), g = in(&job, 0), asked = in(&job, 1);
    const int first = t / dx.sequence * asked.sequence;
    const int end = min(first + asked.sequence, asked.cols);
    float total = 0;
    for (int u = first; u < end; u++)
        if (asked_at(&dx, &asked, u) == t) total += at_entry(&g, c, u);
    put(&dx, c, t, total);
}

/* As core/graph/dropout.h has them. */
uint dropout_mix(uint x) {
    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    return x ^ x >> 16;
}

uint dropout_with(uint state, uint number) {
    return dropout_mix(dropout_mix(state + 0x9e3779b9u) ^ number);
}

/* 0 or 1 / (1 - rate) for an entry of token t; inputs [token] and [token] + 1. */
float dropout_at(const struct job *job, int token, int t, int entry) {
    const struct operand key = in(job, token + 1);
    const float rate = key.data[0];
    uint state = job->call->dropout.stream;
    for (int k = 1; k < key.rows; k++) state = dropout_with(state, (uint)key.data[k]);
    state = dropout_with(state, (uint)index_at(job, token, t));
    const uint bits = dropout_mix(state + (uint)entry * 0x9e3779b9u) >> 8;
    return bits >= (uint)(rate * 16777216.0f) ? 1 / (1 - rate) : 0;
}

KERNEL(entry, dropout) {
    ENTRY(c, t);
    const struct operand y = out(&job), x = in(&job, 0);
    const float kept = dropout_at(&job, 1, t, c);
    put(&y, c, t, kept == 0 ? 0 : kept * at_entry(&x, c, t));
}
