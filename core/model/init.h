/* Init: how weights start, by name. fan_in and fan_out are a matrix's columns and rows.
 *
 *     uniform_fan_in   weights and biases U(-1, 1)/sqrt(fan_in): what the field's default linear layer
 *                      does (kaiming_uniform with a = sqrt 5)
 *     normal_fan_in    weights N(0, 1/fan_in), biases 0 (LeCun et al. 1998)
 *     he_normal        weights N(0, 2/fan_in), biases 0 (He et al. 2015)
 *     xavier_uniform   weights U(-1, 1) sqrt(6/(fan_in + fan_out)), biases 0 (Glorot & Bengio 2010)
 *     xavier_normal    weights N(0, 2/(fan_in + fan_out)), biases 0
 *     gpt2             weights N(0, .02^2), those into the stream N(0, .02^2 / depth), biases 0
 *                      (Radford et al. 2019); of transformers alone
 */
#ifndef PL_MODEL_INIT_H
#define PL_MODEL_INIT_H

#include <stdint.h>

#include "core/graph/graph.h"

#define PL_INIT_NAMES "uniform_fan_in|normal_fan_in|he_normal|xavier_uniform|xavier_normal"
#define PL_INIT_GPT2  "gpt2" /* the row after those */

/* Adds the parameters [name].w-like [rows, cols] and its bias by row [init] of the table; the weight
 * starts at [factor] times what the table says. */
int pl_init_weight(struct pl_graph *graph, const char *name, long rows, long cols, int init,
                   double factor);
int pl_init_bias(struct pl_graph *graph, const char *name, long rows, long fan_in, int init);
/* The same in the group of connection parameters. */
int pl_init_connection(struct pl_graph *graph, const char *name, long rows, long cols, int init);
int pl_init_connection_bias(struct pl_graph *graph, const char *name, long rows, long fan_in,
                            int init);

/* Standard deviation of tables of ids and positions: 1/sqrt(width), or what gpt2 says. */
double pl_init_embed(int init, long width);
/* By how much projections into a stream of [depth] layers start smaller than others. */
double pl_init_into_stream(int init, long depth);

/* Draws the initial values of a parameter (rows * cols doubles, each rounded to float32 so that every
 * backend starts from the same numbers) from the stream init/NAME of [seed]. */
void pl_init_draw(const struct pl_graph *graph, int param, uint64_t seed, double *values);

#endif
