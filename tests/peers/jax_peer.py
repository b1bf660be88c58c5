"""The same model in JAX; a whole step is one compiled function.

    python3 jax_peer.py parity FOLDER...                     losses after every step, against the export
    python3 jax_peer.py time PROGRAM ROUNDS FOLDER...        step times, in turn with plumbline's own
"""

import os
import sys

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # before XLA counts the cores

import jax
import jax.numpy as jnp

from cell import Cell, check, side_by_side

ACTIVATIONS = {
    "silu": jax.nn.silu,
    "relu": jax.nn.relu,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "tanh": jnp.tanh,
}


def norm(x, gain, eps):
    return gain * x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + eps)


def layer(cell, p, h, l):
    u = norm(h, p[f"norms.{l}.gain"], cell.eps)
    act = ACTIVATIONS[cell.settings["model.activation"]]
    a = act(u @ p[f"layers.{l}.w1"].T + p[f"layers.{l}.b1"])
    return a @ p[f"layers.{l}.w2"].T + p[f"layers.{l}.b2"]


def attend(cell, p, sources, l):
    v = jnp.stack(sources)
    k = norm(v, p[f"residual.key_gain.{l}"], cell.eps)
    weights = jax.nn.softmax(jnp.einsum("d,ntd->nt", p[f"residual.query.{l}"], k), 0)
    return jnp.einsum("nt,ntd->td", weights, v)


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


def loss_of(cell, p, x, y):
    h = x @ p["embed.w"].T + p["embed.b"] if cell.has("model.embed", "linear") else x
    if cell.variant.startswith("attnres"):
        r = attention(cell, p, h, 1 if cell.variant == "attnres_full" else cell.block_size())
    else:
        r = single(cell, p, h, cell.variant == "rescaled")
    if cell.has("model.final_norm", "true"):
        r = norm(r, p["norms.final.gain"], cell.eps)
    if cell.has("model.head", "linear"):
        r = r @ p["head.w"].T + p["head.b"]
    return jnp.mean((r - y) ** 2)


def update(cell, state, x, y):
    """Adam, or AdamW whose decay is for matrices of the host alone."""
    p, m, v, t = state
    lr, eps = cell.number("train.lr"), cell.number("train.eps")
    b1, b2 = cell.number("train.beta1"), cell.number("train.beta2")
    decay = cell.number("train.weight_decay") if cell.has("train.optimizer", "adamw") else 0.0
    g = jax.grad(lambda weights: loss_of(cell, weights, x, y))(p)
    t = t + 1
    m = {k: b1 * m[k] + (1 - b1) * g[k] for k in p}
    v = {k: b2 * v[k] + (1 - b2) * g[k] ** 2 for k in p}

    def moved(k):
        step = lr * (m[k] / (1 - b1**t)) / (jnp.sqrt(v[k] / (1 - b2**t)) + eps)
        host = k.endswith((".w", ".w1", ".w2")) and not k.startswith("residual")
        return p[k] - step - (lr * decay * p[k] if host else 0.0)

    return {k: moved(k) for k in p}, m, v, t


class Run:
    def __init__(self, cell):
        self.x, self.y = jnp.asarray(cell.x), jnp.asarray(cell.y)
        p = {name: jnp.asarray(value) for name, value in cell.weights.items()}
        zeros = {name: jnp.zeros_like(value) for name, value in p.items()}
        self.state = (p, zeros, dict(zeros), jnp.zeros(()))
        self.update = jax.jit(lambda state, x, y: update(cell, state, x, y))
        self.loss = jax.jit(lambda p, x, y: loss_of(cell, p, x, y))

    def step(self, batch=None):
        which = slice(None) if batch is None else batch
        self.state = self.update(self.state, self.x[which], self.y[which])
        jax.block_until_ready(self.state)

    def full_loss(self):
        return float(self.loss(self.state[0], self.x, self.y))


def parity(folders):
    good = True
    for folder in folders:
        cell = Cell(folder)
        run = Run(cell)
        losses = [run.full_loss()]
        for step in range(cell.steps):
            run.step(cell.batch(step))
            losses.append(run.full_loss())
        good &= check("JAX", cell, losses, run.state[0])
    return good


def times(program, rounds, folders):
    print(f"JAX {jax.__version__}, one thread")
    print("| model | variant | plumbline ms | jit ms | x |")
    print("|---|---|---|---|---|")
    side_by_side(program, [Cell(f) for f in folders], {"jit": lambda cell: Run(cell).step}, rounds)


if __name__ == "__main__":
    if sys.argv[1] == "parity":
        sys.exit(0 if parity(sys.argv[2:]) else 1)
    times(sys.argv[2], int(sys.argv[3]), sys.argv[4:])
