/* The one list of operators. The enum, the names, the rules, the kernel tables of every backend, the
 * gradient tests and the backend comparison all expand from it. To add an operator (see also
 * docs/add-an-operator.md): a row here; its shape rule and gradient in op_<family>.c; a plain loop
 * in core/backend/plain/; a case in experiments/tools/conformance_cases.c, which the tests and
 * `selftest` share.
 *
 * Columns: ENUM, name, least and most inputs (MANY = no bound), inputs it may overwrite (a bit mask:
 * the result may share their memory when they die here), tolerance of a float32 backend against
 * `ref` (relative to the largest value), tokens, formula.
 *
 * Tokens: EACH works token by token, or sums over tokens, so a tile may cut a sequence anywhere. WHOLE
 * takes something of one token to another of its sequence, so a tile must hold whole sequences (plan.h).
 *
 * Letters: W, p, b, a parameters and other step-level tensors; x, y, v, g tile-level tensors
 * [rows][tokens], where g is the gradient that comes in; t a token; i a source; sum_t a sum over the
 * tokens of a tile, added to a step accumulator (a *boundary* operator: tile-level in, step-level
 * out).
 */
#ifndef PL_GRAPH_OP_LIST_H
#define PL_GRAPH_OP_LIST_H

#define PL_OP_MANY 1000000
#define PL_OP_ANY  (~0u)

enum pl_tokens { PL_TOKENS_EACH, PL_TOKENS_WHOLE };

#define PL_OP_LIST(X)                                                                                \
    /* pointwise */                                                                                  \
    X(SUM, sum, 1, PL_OP_MANY, PL_OP_ANY, 1e-6, EACH, "y = x_1 + x_2 + ...")                         \
    X(AXPBY, axpby, 2, 2, PL_OP_ANY, 1e-6, EACH, "z = a x + b y")                                    \
    X(SCALE, scale, 1, 1, PL_OP_ANY, 1e-6, EACH, "y = a x")                                          \
    X(MUL, mul, 2, 2, PL_OP_ANY, 1e-6, EACH, "z = x * y, entry by entry")                            \
    X(PLACE, place, 1, 1, 0, 0, EACH,                                                                \
      "y = 0 but for rows first.., which are x (gradient of a view)")                                \
    X(BIAS, bias, 2, 2, 1u, 1e-6, EACH, "y[c,t] = x[c,t] + b[c]")                                    \
    X(ACT, act, 1, 2, 1u, 2e-6, EACH,                                                                \
      "y = f(x + b), f = relu, gelu (erf form), silu, tanh or sigmoid; b optional")                  \
    X(ACT_SLOPE, act_slope, 1, 2, 1u, 4e-6, EACH, "y = f'(x + b); b optional")                       \
    X(SOFTMAX, softmax, 1, 1, 0, 2e-6, EACH,                                                         \
      "y = softmax(a / temperature) of a step-level vector")                                         \
    X(SOFTMAX_GRAD, softmax_grad, 2, 2, 0, 4e-6, EACH, "y (g - <g, y>) / temperature; in: g, y")     \
    X(SIGMOID, sigmoid, 1, 1, PL_OP_ANY, 2e-6, EACH, "y = 1 / (1 + e^-x) of a step-level vector")    \
    /* linear */                                                                                     \
    X(MATMUL, matmul, 2, 2, 0, 1e-5, EACH, "Y = W X, or W' X with transpose")                        \
    X(OUTER, outer, 2, 2, 0, 1e-5, EACH, "dW = sum_t g x', or sum_t sum_j g_j x_j' of blocks j")     \
    X(ROW_SUM, row_sum, 1, 1, 0, 1e-5, EACH, "db[c] = sum_t g[c,t]")                                 \
    X(CONV, conv, 2, 2, 0, 1e-5, EACH,                                                               \
      "y[c] = sum_j w[j] x[c + j - (k-1)/2], 0 outside, or c - j + (k-1)/2 with transpose")          \
    X(CONV_KERNEL_GRAD, conv_kernel_grad, 2, 2, 0, 1e-5, EACH,                                       \
      "dw[j] = sum_t sum_c g[c] x[c + j - (k-1)/2]; in: g, x")                                       \
    /* norm */                                                                                       \
    X(NORM_STATS, norm_stats, 1, 1, 0, 1e-5, EACH,                                                   \
      "1/sqrt(mean_c x^2 + eps) a group of rows; layernorm: mean and 1/sqrt(var + eps)")             \
    X(NORM, norm, 2, 3, 1u, 1e-5, EACH,                                                              \
      "y = gain * (x - mean) * r; in: x, stats, gain (optional)")                                    \
    X(NORM_GRAD, norm_grad, 3, 4, 1u, 2e-5, EACH, "dx; in: g, x, stats, gain (optional)")            \
    X(NORM_GAIN_GRAD, norm_gain_grad, 3, 3, 0, 1e-5, EACH, "dgain[c] = sum_t g (x - mean) r")        \
    /* depth: attention over earlier layer outputs (docs/variants.md 4.1, its Backward) */           \
    X(DEPTH_WEIGHTS, depth_weights, 2, PL_OP_MANY, 0, 1e-5, EACH,                                    \
      "alpha_i = softmax_i(r_i <p, v_i> / temperature), or what enum pl_score says; in: p, v_i, "    \
      "r_i")                                                                                         \
    X(DEPTH_MASK, depth_mask, 2, 2, 0, 1e-5, EACH,                                                   \
      "y_i = m_i x_i, or that times sum x / sum m x; in: weights x, mask m")                         \
    X(DEPTH_MASK_GRAD, depth_mask_grad, 3, 3, 0, 1e-5, EACH, "dx; in: g, x, m")                      \
    X(DEPTH_MIX, depth_mix, 2, PL_OP_MANY, 0, 1e-5, EACH,                                            \
      "h = sum_i alpha_i v_i; in: alpha, v_i ...")                                                   \
    X(DEPTH_MIX_GRAD, depth_mix_grad, 2, PL_OP_MANY, 0, 1e-5, EACH,                                  \
      "dalpha_i = <g, v_i>; in: g, v_i ...")                                                         \
    X(DEPTH_STATIC_GRAD, depth_static_grad, 2, PL_OP_MANY, 0, 1e-5, EACH,                            \
      "dalpha_i = sum_t <g, v_i>; in: g, v_i ...")                                                   \
    X(DEPTH_SCORE_GRAD, depth_score_grad, 2, 3, PL_OP_ANY, 2e-5, EACH,                               \
      "delta_i, the gradient of r_i <p, v_i>; in: dalpha, alpha, 1 - sigmoid (optional)")            \
    X(DEPTH_QUERY_GRAD, depth_query_grad, 2, PL_OP_MANY, 0, 1e-5, EACH,                              \
      "dp = sum_t sum_i delta_i r_i v_i; in: delta, v_i ..., r_i ...")                               \
    X(DEPTH_OWN_QUERY_GRAD, depth_own_query_grad, 2, PL_OP_MANY, 0, 1e-5, EACH,                      \
      "dp[t] = sum_i delta_i r_i v_i, of queries of the tokens' own; in: as depth_query_grad")       \
    X(DEPTH_VALUE_GRAD, depth_value_grad, 2, PL_OP_MANY, 0, 1e-5, EACH,                              \
      "dv = sum_l alpha_l g_l over the sites l that read v; in: alpha_l, g_l, ...")                  \
    X(DEPTH_KEY_GRAD, depth_key_grad, 3, PL_OP_MANY, 0, 2e-5, EACH,                                  \
      "dv = r u - v r^3 <u, v> / d, u = sum_l delta_l p_l; in: v, r, delta_l, p_l, ...")             \
    /* streams: several vectors a token (drawing and layouts at the top of op_stream.c) */           \
    X(STACK, stack, 1, PL_OP_MANY, 0, 0, EACH, "y = x_1 over x_2 over ...")                          \
    X(STREAM_MIX, stream_mix, 2, PL_OP_MANY, 0, 1e-5, EACH,                                          \
      "Y_k = sum_j C[k,j] X_j over blocks j, over pairs; in: C, X, ...; C' with transpose")          \
    X(STREAM_DOT, stream_dot, 2, 2, 0, 1e-5, EACH, "c[k,j] = <x_k, y_j> of blocks k, j; in: x, y")   \
    X(STREAM_DOT_SUM, stream_dot_sum, 2, 2, 0, 1e-5, EACH,                                           \
      "c[k,j] = sum_t <x_k, y_j> of blocks k, j; in: x, y")                                          \
    X(PROJECT, project, 3, PL_OP_MANY, 0, 1e-5, EACH,                                                \
      "y_j = r_j W' x_j of blocks j, a row block a matrix; in: x, r, W_1, ...")                      \
    X(PROJECT_GRAD, project_grad, 5, PL_OP_MANY, 0, 2e-5, EACH,                                      \
      "dx_j = W u_j - x_j r_j / d <u_j, y_j>, u_j = r_j g_j; in: x, r, y, W_1, ..., u_1, ...")       \
    X(DOUBLY, doubly, 1, 1, 0, 1e-5, EACH,                                                           \
      "doubly stochastic: Sinkhorn(z), sum_k softmax(z)_k P_k, or U_1 x U_2 x ..., "                 \
      "U = [p 1-p; 1-p p], p = softmax(z_2k, z_2k+1)_1")                                             \
    X(DOUBLY_GRAD, doubly_grad, 2, 2, 0, 2e-5, EACH, "dz, through every iteration; in: g, z")        \
    /* tokens: tables of ids, and what goes between a token and the others of its sequence */        \
    X(EMBED, embed, 2, 2, 0, 0, EACH, "y[c,t] = W[id[t], c]; in: W, id")                             \
    X(EMBED_GRAD, embed_grad, 2, 2, 0, 1e-5, EACH,                                                   \
      "dW[i,c] = sum_t [id[t] == i] g[c,t], in order of tokens; in: g, id")                          \
    X(SELECT, select, 2, 2, 0, 0, WHOLE,                                                             \
      "y[c,u] = x[c,t], t = position asked[u] of u's sequence; in: x, asked")                        \
    X(SELECT_GRAD, select_grad, 2, 2, 0, 1e-6, WHOLE,                                                \
      "dx[c,t] = sum of g[c,u] of those asked at t, in their order; in: g, asked")                   \
    X(DROPOUT, dropout, 3, 3, 1u, 1e-6, EACH,                                                        \
      "y[c,t] = x[c,t] / (1 - p) with probability 1 - p, else 0; in: x, number of the token, key")   \
    X(ATTEND_LSE, attend_lse, 2, 2, 0, 1e-5, WHOLE,                                                  \
      "log sum_j e^s_ij over j <= i of the sequence, s_ij = <q_i, k_j> / sqrt(d_h); in: q, k")       \
    X(ATTEND, attend, 4, 6, 0, 2e-5, WHOLE,                                                          \
      "o_i = sum_j p_ij v_j, p_ij = e^(s_ij - lse_i), dropped out or not; in: q, k, v, lse, "        \
      "token and key (optional)")                                                                    \
    X(ATTEND_GRAD, attend_grad, 6, 8, 0, 5e-5, WHOLE,                                                \
      "dq over dk over dv, p recomputed; in: g, q, k, v, o, lse, token and key (optional)")          \
    X(ROTATE, rotate, 3, 3, 1u, 1e-6, EACH,                                                          \
      "pairs (x[c], x[c + d_h/2]) of each head turned by the angle of pair c at position[t], or "    \
      "back; in: x, "                                                                                \
      "cos over sin [positions, d_h], position")                                                     \
    X(ATTEND_ENTROPY, attend_entropy, 3, 3, 0, 2e-5, WHOLE,                                          \
      "sum_j p_ij (lse_i - s_ij), nats; in: q, k, lse")                                              \
    /* loss: every term is weight[t] times ..., chosen 0 where weight[t] is 0 */                     \
    X(MSE, mse, 3, 3, 0, 1e-6, EACH, "sum_t weight mean_c (x - y)^2; in: x, y, weight")              \
    X(MSE_GRAD, mse_grad, 4, 4, 1u, 1e-6, EACH,                                                      \
      "dx = u weight 2 (x - y) / rows; in: x, y, weight, u")                                         \
    X(XENT, xent, 3, 3, 0, 1e-5, EACH,                                                               \
      "sum_t weight (log sum_c e^x[c] - x[label]), nats; in: x, labels, weight")                     \
    X(XENT_GRAD, xent_grad, 4, 4, 1u, 1e-5, EACH,                                                    \
      "dx = u weight (softmax(x) - onehot(label)); in: x, labels, weight, u")                        \
    X(HITS, hits, 3, 3, 0, 1e-6, EACH,                                                               \
      "sum_t weight [argmax_c x == label]; in: x, labels, weight")                                   \
    X(EXACT, exact, 3, 3, 0, 0, WHOLE,                                                               \
      "how many sequences have weight and a hit wherever they have weight; in: x, labels, weight")   \
    /* optimizers, over a flat group of parameters; they overwrite parameters and moments */         \
    X(SGD_STEP, sgd_step, 3, 4, 0, 1e-6, EACH,                                                       \
      "m <- momentum m + g; p <- p - lr m; in: params, grads, hyper, m (optional)")                  \
    X(ADAM_STEP, adam_step, 5, 5, 0, 1e-6, EACH,                                                     \
      "Kingma & Ba 2015, decoupled decay as Loshchilov & Hutter 2019; in: params, grads, hyper, "    \
      "m, v")                                                                                        \
    X(SQUARES, squares, 1, PL_OP_MANY, 0, 1e-5, EACH,                                                \
      "s = sum of x^2 over all entries of x_1, x_2, ...")                                            \
    X(CLIP, clip, 2, 2, 0, 1e-5, EACH, "g <- g most / sqrt(s) where s > most^2; in: grads, s")       \
    /* the clock of a run: [steps taken since a table was written, the first of them, from 1 on,   \
     * whose loss was not finite, or 0] */ \
    X(PICK, pick, 2, 2, 0, 0, EACH, "y[r] = table[clock[0] rows + r]; in: table, clock")             \
    X(TICK, tick, 2, 2, 0, 0, EACH, "clock[0] <- clock[0] + 1, clock[1] noted; in: clock, loss")

enum pl_op {
#define PL_OP_ENUM(id, name, least, most, overwrites, tolerance, tokens, formula) PL_OP_##id,
    PL_OP_LIST(PL_OP_ENUM)
#undef PL_OP_ENUM
        PL_OPS
};

#endif
