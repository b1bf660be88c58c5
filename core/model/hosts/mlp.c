/* mlp: vectors in, vectors out; every layer is an MLP.
 *
 *     e = W x + b                          or x itself, with embed none
 *     F_l(u) = W2 act(W1 u + b1) + b2      layers.l.w1 [hidden, d], .b1, .w2 [d, hidden], .b2
 *     output = W Norm_f(r) + b             or without the product, with head none
 */
#include "core/model/init.h"
#include "core/model/layer.h"

static const struct pl_option rows[] = {
    PL_HOST_ROWS,
    PL_OPTION_CHOICE(struct pl_host, embed, "linear", "none|linear",
                     "input projection; none needs inputs of the model's width"),
    PL_OPTION_CHOICE(struct pl_host, head, "linear", "none|linear",
                     "output projection; none needs targets of the model's width"),
    PL_OPTION_CHOICE(struct pl_host, init, "uniform_fan_in", PL_INIT_NAMES, "how weights start"),
};

static enum pl_status fit(const struct pl_host *host, const struct pl_model_io *io,
                          const char **key) {
    *key = "task.name";
    if (io->ids || io->tokens != 1)
        return pl_fail(
            PL_ECONFIG,
            "the task has sequences or ids for inputs, and a model of the kind mlp takes "
            "one vector a sample; choose another task or another model.kind");
    *key = "model.embed";
    if (host->embed == PL_MAP_NONE && io->in != host->width)
        return pl_fail(PL_ECONFIG,
                       "model.embed is none, which needs inputs of the model's width: the task "
                       "gives %ld features and model.width is %ld; set embed: linear or make the "
                       "two equal",
                       io->in, host->width);
    *key = "model.head";
    if (host->head == PL_MAP_NONE && io->out != host->width)
        return pl_fail(PL_ECONFIG,
                       "model.head is none, which needs targets of the model's width: the task "
                       "has %ld and model.width is %ld; set head: linear or make the two equal",
                       io->out, host->width);
    return PL_OK;
}

static int embed(struct pl_network *network, const struct pl_host *host,
                 const struct pl_model_io *io) {
    int x = pl_network_feed(network, PL_FEED_X, io->in);
    if (host->embed == PL_MAP_NONE) return x;
    return pl_layer_linear(network->graph, x, host->width, "embed.w", "embed.b", host->init, 1);
}

static int layer(const struct pl_layer *layer) {
    layer->inner->bias = true;
    return pl_layer_mlp(layer->network->graph, layer->u[0], layer->l, layer->host, layer->factor,
                        &layer->inner->node);
}

static long inner(const struct pl_host *host, long l, bool *bias) {
    (void)l;
    *bias = true;
    return host->hidden;
}

static void head(struct pl_network *network, const struct pl_host *host,
                 const struct pl_model_io *io, int r) {
    struct pl_graph *graph = network->graph;
    if (host->final_norm == PL_TRUE)
        r = pl_layer_norm(graph, r, "norms.final.gain", host, PL_GROUP_PLAIN);
    if (host->head != PL_MAP_NONE)
        r = pl_layer_linear(graph, r, io->out, "head.w", "head.b", host->init, 1);
    pl_host_measures(network, io, r);
}

static double flops(const struct pl_host *host, const struct pl_model_io *io, long l) {
    (void)io;
    (void)l;
    return 4.0 * (double)host->width * (double)host->hidden;
}

extern const struct pl_host_kind pl_host_mlp;
const struct pl_host_kind pl_host_mlp = {
    .name = "mlp",
    .summary = "vectors in, vectors out; every layer is an MLP of one hidden layer",
    .options = PL_OPTIONS("model", rows),
    .period = 1,
    .fit = fit,
    .embed = embed,
    .layer = layer,
    .inner = inner,
    .head = head,
    .flops = flops,
};
