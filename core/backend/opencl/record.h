/* Record: what a kernel is told of the operator it computes. Read by two compilers: this file is
 * C for opencl.c, which fills the records when a plan is bound, and it is the first part of the device
 * program, which reads them (kernels/prelude.cl). So it holds nothing but four-byte members. */
#ifndef PL_BACKEND_OPENCL_RECORD_H
#define PL_BACKEND_OPENCL_RECORD_H

/* Where a tensor lies, and its shape. */
struct pl_cl_tensor {
    unsigned offset; /* elements, from the start of the region */
    int region;      /* enum pl_region */
    int rows, cols;  /* cols is the tile's tokens when it is tile-level */
    int tile;        /* tile-level; else one column serves every token */
    int sequence;    /* its tokens of a sequence; 0: step level */
};

/* An operator. The fixed numbers are those of struct pl_attr, by family; 1 - beta is taken in double,
 * for 1 - 0.999f has only four good digits. */
struct pl_cl_call {
    struct pl_cl_tensor out;
    int in, in_count; /* its inputs in the list of tensors */
    int tokens;       /* of a tile */
    struct {
        float a, b;
    } axpby;
    struct {
        int first;
    } place;
    struct {
        int kind;
    } act;
    struct {
        float temperature;
    } softmax;
    struct {
        int transpose;
    } matmul; /* the kernels never read it: opencl.c calls the products */
    struct {
        int transpose;
    } conv;
    struct {
        int kind, groups;
        float eps;
    } norm;
    struct {
        int score, heads, keyed, mask;
        float temperature;
    } depth;
    struct {
        int blocks, transpose;
    } stream;
    struct {
        int kind, n, iterations;
    } doubly;
    struct {
        int heads;
    } attend;
    struct {
        unsigned stream;
    } dropout;
    struct {
        float most;
    } clip;
    struct {
        int heads, inverse;
    } rotate;
    struct {
        float momentum;
    } sgd;
    struct {
        float beta1, beta2, rest1, rest2, eps;
    } adam;
};

#endif
