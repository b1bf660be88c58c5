/* Kernels: pointwise operators, and the softmax of a step-level vector. */

KERNEL(flat, sum) {
    FLAT(k);
    float total = in(&job, 0).data[k];
    for (int i = 1; i < job.call->in_count; i++) total += in(&job, i).data[k];
    out(&job).data[k] = total;
}

KERNEL(flat, axpby) {
    FLAT(k);
    out(&job).data[k] =
        MADD(job.call->axpby.a, in(&job, 0).data[k], job.call->axpby.b * in(&job, 1).data[k]);
}

KERNEL(flat, scale) {
    FLAT(k);
    out(&job).data[k] = job.call->axpby.a * in(&job, 0).data[k];
}

KERNEL(flat, mul) {
    FLAT(k);
    out(&job).data[k] = in(&job, 0).data[k] * in(&job, 1).data[k];
}

KERNEL(flat, sigmoid) {
    FLAT(k);
    out(&job).data[k] = sigmoid(in(&job, 0).data[k]);
}

KERNEL(flat, place) {
    FLAT(k);
    const struct operand x = in(&job, 0);
    const size_t cols = job.call->out.cols, first = job.call->place.first * cols;
    const bool inside = k >= first && k < first + x.rows * cols;
    out(&job).data[k] = inside ? x.data[k - first] : 0;
}

KERNEL(entry, bias) {
    ENTRY(c, t);
    const struct operand y = out(&job), x = in(&job, 0);
    put(&y, c, t, at_entry(&x, c, t) + in(&job, 1).data[c]);
}

/* A kind that is not here gives NaN, which no test overlooks. */
float activation(int kind, float x) {
    switch (kind) {
    case PL_ACT_RELU:
        return x > 0 ? x : x != x ? x : 0;
    case PL_ACT_GELU:
        return x * normal(x).phi;
    case PL_ACT_SILU:
        return x * sigmoid(x);
    case PL_ACT_TANH:
        return tangent(x);
    case PL_ACT_SIGMOID:
        return sigmoid(x);
    default:
        return NAN;
    }
}

float silu_slope(float x) {
    const float s = sigmoid(x);
    return s * MADD(x, 1 - s, 1.0f);
}

float gelu_slope(float x) {
    const struct normal n = normal(x);
    return MADD(x, n.density, n.phi);
}

float tanh_slope(float x) {
    const float y = tangent(x);
    return MADD(-y, y, 1.0f);
}

float activation_slope(int kind, float x) {
    switch (kind) {
    case PL_ACT_RELU:
        return x > 0 ? 1 : x != x ? x : 0;
    case PL_ACT_GELU:
        return gelu_slope(x);
    case PL_ACT_SILU:
        return silu_slope(x);
    case PL_ACT_TANH:
        return tanh_slope(x);
    case PL_ACT_SIGMOID:
        return sigmoid(x) * sigmoid(-x);
    default:
        return NAN;
    }
}

/* x + b; an activation may have no b. */
float shifted(const struct job *job, int c, int t) {
    const struct operand x = in(job, 0);
    return job->call->in_count > 1 ? at_entry(&x, c, t) + in(job, 1).data[c] : at_entry(&x, c, t);
}

KERNEL(entry, act) {
    ENTRY(c, t);
    const struct operand y = out(&job);
    put(&y, c, t, activation(job.call->act.kind, shifted(&job, c, t)));
}

KERNEL(entry, act_slope) {
    ENTRY(c, t);
    const struct operand y = out(&job);
    put(&y, c, t, activation_slope(job.call->act.kind, shifted(&job, c, t)));
}

KERNEL(single, softmax) {
    SINGLE;
    const struct operand y = out(&job), a = in(&job, 0);
    float top = a.data[0], total = 0;
    for (int k = 1; k < y.rows; k++) top = a.data[k] > top ? a.data[k] : top;
    for (int k = 0; k < y.rows; k++) {
        y.data[k] = exponential((a.data[k] - top) / job.call->softmax.temperature);
        total += y.data[k];
    }
    for (int k = 0; k < y.rows; k++) y.data[k] /= total;
}

/* <g, y> may nearly equal each g: it is summed, and taken away, in two pieces. */
KERNEL(single, softmax_grad) {
    SINGLE;
    const struct operand dx = out(&job), g = in(&job, 0), y = in(&job, 1);
    struct pieces mean = {0, 0};
    for (int k = 0; k < dx.rows; k++) add_product(&mean, g.data[k], y.data[k]);
    for (int k = 0; k < dx.rows; k++)
        dx.data[k] = y.data[k] * (g.data[k] - mean.high - mean.low) / job.call->softmax.temperature;
}
