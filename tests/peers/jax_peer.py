"""The same model in JAX; a whole step is one compiled function.

    python3 jax_peer.py parity FOLDER...                     losses after every step, against the export
    python3 jax_peer.py on FOLDER STEPS                      trains on from the final weights
    python3 jax_peer.py time PROGRAM ROUNDS FOLDER...        step times, in turn with plumbline's own
"""

import os
import sys

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_ENABLE_X64"] = "1"  # arrays keep the type of the export
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # before XLA counts the cores

import jax
import jax.numpy as jnp

from cell import Cell, parity, side_by_side, train_on

ACTIVATIONS = {
    "silu": jax.nn.silu,
    "relu": jax.nn.relu,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "tanh": jnp.tanh,
}


def rms(x, gain, eps):
    return gain * x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + eps)


def norm(cell, x, gain):
    """Of the host."""
    if cell.has("model.norm", "layernorm"):
        x = x - jnp.mean(x, -1, keepdims=True)
    return rms(x, gain, cell.eps)


def linear(p, x, weight, bias):
    return x @ p[weight].T + p[bias]


# ---- layers ----


def mlp(cell, p, u, l):
    z = linear(p, u, f"layers.{l}.w1", f"layers.{l}.b1")
    if cell.kind == "transformer" and cell.has("model.mlp", "swiglu"):
        a = jax.nn.silu(z) * linear(p, u, f"layers.{l}.w3", f"layers.{l}.b3")
    else:
        a = ACTIVATIONS[cell.settings["model.activation"]](z)
    return linear(p, a, f"layers.{l}.w2", f"layers.{l}.b2")


def heads(cell, p, u, l, which):
    """Queries, keys or values [samples, tokens, heads, channels of a head]."""
    x = linear(p, u, f"layers.{l}.w{which}", f"layers.{l}.b{which}")
    x = x.reshape(*x.shape[:-1], cell.heads, -1)
    if which == "v":
        return x
    if cell.has("model.qk_norm", "true"):
        x = rms(x, p[f"layers.{l}.{which}_gain"], cell.eps)
    if cell.has("model.positions", "rope"):
        cos, sin = (jnp.asarray(table)[:, None, :] for table in cell.rope())
        a, b = jnp.split(x, 2, -1)
        x = jnp.concatenate((a * cos - b * sin, a * sin + b * cos), -1)
    return x


def causal(cell, p, u, l):
    q, k, v = (heads(cell, p, u, l, which) for which in "qkv")
    if q.dtype == jnp.float64:  # of which the library's own takes the softmax in float32
        scores = jnp.einsum("...ihc,...jhc->...hij", q, k) / q.shape[-1] ** 0.5
        scores = jnp.where(jnp.tri(scores.shape[-1], dtype=bool), scores, -jnp.inf)
        o = jnp.einsum("...hij,...jhc->...ihc", jax.nn.softmax(scores), v)
    else:
        o = jax.nn.dot_product_attention(q, k, v, is_causal=True)
    return linear(p, o.reshape(u.shape), f"layers.{l}.wo", f"layers.{l}.bo")


def layer(cell, p, h, l):
    u = norm(cell, h, p[f"norms.{l}.gain"])
    return (causal if cell.kind == "transformer" and l % 2 else mlp)(cell, p, u, l)


# ---- variants ----


def attend(cell, p, sources, l):
    v = jnp.stack(sources)
    k = rms(v, p[f"residual.key_gain.{l}"], cell.eps)
    weights = jax.nn.softmax(jnp.einsum("d,n...d->n...", p[f"residual.query.{l}"], k), 0)
    return jnp.einsum("n...,n...d->...d", weights, v)


def attention(cell, p, e, size):
    """Blocks of [size] layers; with 1 every output is a source."""
    blocks, running = [e], None
    for l in range(1, cell.depth + 1):
        sources = blocks if running is None else blocks + [running]
        h = e if l == 1 else attend(cell, p, sources, l)
        if (l - 1) % size == 0 and running is not None:
            blocks, running = blocks + [running], None
        y = layer(cell, p, h, l)
        running = y if running is None else running + y
    return attend(cell, p, blocks + [running], cell.depth + 1)


def single(cell, p, h, rescaled):
    for l in range(1, cell.depth + 1):
        y = layer(cell, p, h, l)
        h = (l * h + y) / (l + 1) if rescaled else h + y
    return h


# ---- ends ----


def embed(cell, p, x):
    if cell.kind == "mlp":
        return linear(p, x, "embed.w", "embed.b") if cell.has("model.embed", "linear") else x
    e = p["embed.w"][x]
    return e + p["positions.w"] if cell.has("model.positions", "learned") else e


def head(cell, p, r):
    if cell.has("model.final_norm", "true"):
        r = norm(cell, r, p["norms.final.gain"])
    if cell.kind == "transformer":
        return r @ p["embed.w" if cell.has("model.head", "tied") else "head.w"].T
    return linear(p, r, "head.w", "head.b") if cell.has("model.head", "linear") else r


def loss_of(cell, p, x, y, weight):
    e = embed(cell, p, x)
    if cell.variant.startswith("attnres"):
        r = attention(cell, p, e, 1 if cell.variant == "attnres_full" else cell.block_size())
    else:
        r = single(cell, p, e, cell.variant == "rescaled")
    out = head(cell, p, r)
    if cell.kind == "mlp":
        return jnp.mean((out - y) ** 2)
    chosen = jnp.take_along_axis(jax.nn.log_softmax(out), y[..., None], -1)[..., 0]
    return -jnp.sum(chosen * weight) / jnp.sum(weight)


def update(cell, state, *data):
    """Adam or AdamW."""
    p, m, v, t = state
    lr, eps = cell.number("train.lr"), cell.number("train.eps")
    b1, b2 = cell.number("train.beta1"), cell.number("train.beta2")
    g = jax.grad(lambda weights: loss_of(cell, weights, *data))(p)
    t = t + 1
    m = {k: b1 * m[k] + (1 - b1) * g[k] for k in p}
    v = {k: b2 * v[k] + (1 - b2) * g[k] ** 2 for k in p}

    def moved(k):
        step = lr * (m[k] / (1 - b1**t)) / (jnp.sqrt(v[k] / (1 - b2**t)) + eps)
        return p[k] - step - lr * cell.decay(k) * p[k]

    return {k: moved(k) for k in p}, m, v, t


class Run:
    def __init__(self, cell):
        self.data = [jnp.asarray(a) for a in (cell.x, cell.y, cell.weight)]
        p = {name: jnp.asarray(value) for name, value in cell.weights.items()}
        zeros = {name: jnp.zeros_like(value) for name, value in p.items()}
        self.state = (p, zeros, dict(zeros), jnp.zeros((), cell.type))
        self.update = jax.jit(lambda state, *data: update(cell, state, *data))
        self.mean_loss = jax.jit(lambda p, *data: loss_of(cell, p, *data))

    def step(self, batch=None):
        which = slice(None) if batch is None else batch
        self.state = self.update(self.state, *(a[which] for a in self.data))
        jax.block_until_ready(self.state)

    def loss(self):
        return float(self.mean_loss(self.state[0], *self.data))

    def weights(self):
        return self.state[0]


def times(program, rounds, folders):
    print(f"JAX {jax.__version__}, one thread")
    print("| model | variant | plumbline ms | jit ms | x |")
    print("|---|---|---|---|---|")
    side_by_side(program, [Cell(f) for f in folders], {"jit": lambda cell: Run(cell).step}, rounds)


if __name__ == "__main__":
    if sys.argv[1] == "parity":
        sys.exit(0 if parity("JAX", Run, sys.argv[2:]) else 1)
    if sys.argv[1] == "on":
        sys.exit(0 if train_on("JAX", Run, sys.argv[2], int(sys.argv[3])) else 1)
    times(sys.argv[2], int(sys.argv[3]), sys.argv[4:])
