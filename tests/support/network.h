/* Small networks for the tests of residual variants: the program's own (a trial on the common host), and
 * the same written out again by hand, one sample at a time, from the values of its parameters.
 *
 *     struct pl_trial *t = pl_test_trial("ref", PL_MORE("variant.name=rezero"));
 *     struct pl_by_hand hand;
 *     pl_by_hand_init(&hand, t);
 *     double alpha = pl_by_hand_get(&hand, "residual.alpha", 3, "")[0];
 */
#ifndef PL_TESTS_NETWORK_H
#define PL_TESTS_NETWORK_H

#include "experiments/tools/trial.h"

/* The common host: tanh, norm_eps 0, no embedding, a linear head, seed 11. */
enum { PL_WIDTH = 8, PL_HIDDEN = 12, PL_DEPTH = 6, PL_OUT = 3, PL_SAMPLES = 20 };

#define PL_MORE(...)     ((const char *const[]){__VA_ARGS__, NULL})
#define PL_NO_HOST_NORMS "model.prenorm=false", "model.final_norm=false"

/* On backend [where]; [more] settings come after the host's and override them. Ends the test where there
 * is none. The caller destroys it. */
struct pl_trial *pl_test_trial(const char *where, const char *const *more);

/* Largest difference of the predictions of [a] from [factor] times those of [b], as a share of the
 * largest of [a]. */
double pl_trial_distance(struct pl_trial *a, struct pl_trial *b, double factor);
/* The same between two trials on ref. */
double pl_distance_of(const char *const *a, const char *const *b, double factor);

/* Every parameter of [to] that [from] has too. */
void pl_trial_copy_params(struct pl_trial *from, struct pl_trial *to);

/* Checks that [a] and [b] predict the same bits on every backend here: with a's connection parameters
 * moved by N(0, moved^2) and copied to [b]; 0 leaves both as they start. */
void pl_check_same_bits(const char *const *a, const char *const *b, double moved);

/* A second implementation's view of a trial. */
struct pl_by_hand {
    struct pl_trial *trial;
    double **values; /* of every parameter, by node */
};
void pl_by_hand_init(struct pl_by_hand *hand, struct pl_trial *trial);
void pl_by_hand_finish(struct pl_by_hand *hand);

/* The parameter of that name, or of BEFORE.lAFTER; NULL when there is none. */
const double *pl_by_hand_named(const struct pl_by_hand *hand, const char *name);
const double *pl_by_hand_get(const struct pl_by_hand *hand, const char *before, int l,
                             const char *after);

/* out = W x + b; b NULL is 0. */
void pl_hand_linear(double *out, const double *w, const double *b, const double *x, int rows,
                    int cols);
double pl_hand_sigmoid(double x);
/* 1 / rms(x) */
double pl_hand_inverse_rms(const double *x, int count);
/* y = F_l(u) */
void pl_hand_branch(const struct pl_by_hand *hand, int l, const double *u, double *y);

#endif
