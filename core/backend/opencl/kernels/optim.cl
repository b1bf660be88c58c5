/* Kernels: optimizer steps over flat groups ([hyper] as in core/backend/plain/optim.inc). */

KERNEL(flat, sgd_step) {
    FLAT(k);
    const struct operand p = in(&job, 0), g = in(&job, 1);
    float step = g.data[k];
    if (job.call->in_count > 3) {
        const struct operand m = in(&job, 3);
        step = MADD(job.call->sgd.momentum, m.data[k], step);
        m.data[k] = step;
    }
    p.data[k] = MADD(-number(&job, 2), step, p.data[k]);
}

KERNEL(flat, adam_step) {
    FLAT(k);
    const struct operand p = in(&job, 0), g = in(&job, 1), m = in(&job, 3), v = in(&job, 4);
    global const float *hyper = in(&job, 2).data;
    const float mean = MADD(job.call->adam.beta1, m.data[k], job.call->adam.rest1 * g.data[k]);
    const float square =
        MADD(job.call->adam.beta2, v.data[k], job.call->adam.rest2 * g.data[k] * g.data[k]);
    const float step =
        hyper[0] * (mean * hyper[1]) / (sqrt(square * hyper[2]) + job.call->adam.eps);
    m.data[k] = mean;
    v.data[k] = square;
    p.data[k] = MADD(-hyper[3], p.data[k], p.data[k]) - step;
}

/* One group of items for the one result. */
KERNEL(row, squares) {
    ROW(k);
    float mine = 0;
    for (int i = 0; i < job.call->in_count; i++) {
        const struct operand x = in(&job, i);
        for (int e = get_local_id(0); e < x.rows * x.cols; e += GROUP)
            mine = MADD(x.data[e], x.data[e], mine);
    }
    const float total = fold(shares, mine);
    if (get_local_id(0) == 0) out(&job).data[k] = total;
}

KERNEL(flat, clip) {
    FLAT(k);
    const float s = number(&job, 1), most = job.call->clip.most;
    if (s > most * most) in(&job, 0).data[k] *= most / sqrt(s);
}

KERNEL(flat, pick) {
    FLAT(k);
    const int column = (int)in(&job, 1).data[0];
    out(&job).data[k] = in(&job, 0).data[column * job.call->out.rows + (int)k];
}

KERNEL(single, tick) {
    SINGLE;
    const struct operand clock = in(&job, 0);
    clock.data[0] += 1;
    if (clock.data[1] == 0 && !isfinite(number(&job, 1))) clock.data[1] = clock.data[0];
}
