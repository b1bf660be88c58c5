"""The same model in PyTorch.

    python3 torch_peer.py parity FOLDER...                     losses after every step, against the export
    python3 torch_peer.py on FOLDER STEPS                      trains on from the final weights
    python3 torch_peer.py time PROGRAM ROUNDS FOLDER...        step times, in turn with plumbline's own
"""

import os
import sys

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import torch
import torch.nn.functional as F

from cell import Cell, parity, side_by_side, train_on

torch.set_num_threads(1)
ACTIVATIONS = {"silu": F.silu, "relu": F.relu, "gelu": F.gelu, "tanh": torch.tanh}


class Model(torch.nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.cell = cell
        self.act = ACTIVATIONS[cell.settings["model.activation"]]
        self.p = torch.nn.ParameterDict(
            {
                name.replace(".", "/"): torch.nn.Parameter(torch.tensor(value.copy()))
                for name, value in cell.weights.items()
            }
        )
        if cell.has("model.positions", "rope"):
            self.cos, self.sin = (torch.tensor(table) for table in cell.rope())

    def get(self, name):
        return self.p[name.replace(".", "/")]

    def linear(self, x, weight, bias):
        return F.linear(x, self.get(weight), self.get(bias))

    def norm(self, x, name):
        size, gain = (self.cell.width,), self.get(name)
        if self.cell.has("model.norm", "layernorm") and name.startswith("norms."):
            return F.layer_norm(x, size, gain, None, self.cell.eps)
        return F.rms_norm(x, size, gain, self.cell.eps)

    # ---- layers ----

    def mlp(self, u, l):
        z = self.linear(u, f"layers.{l}.w1", f"layers.{l}.b1")
        if self.cell.kind == "transformer" and self.cell.has("model.mlp", "swiglu"):
            a = F.silu(z) * self.linear(u, f"layers.{l}.w3", f"layers.{l}.b3")
        else:
            a = self.act(z)
        return self.linear(a, f"layers.{l}.w2", f"layers.{l}.b2")

    def heads(self, u, l, which):
        """Queries, keys or values [samples, heads, tokens, channels of a head]."""
        x = self.linear(u, f"layers.{l}.w{which}", f"layers.{l}.b{which}")
        x = x.view(*x.shape[:-1], self.cell.heads, -1).transpose(-2, -3)
        if which == "v":
            return x
        if self.cell.has("model.qk_norm", "true"):
            gain = self.get(f"layers.{l}.{which}_gain")
            x = F.rms_norm(x, gain.shape, gain, self.cell.eps)
        if self.cell.has("model.positions", "rope"):
            a, b = x.chunk(2, -1)
            x = torch.cat((a * self.cos - b * self.sin, a * self.sin + b * self.cos), -1)
        return x

    def causal(self, u, l):
        q, k, v = (self.heads(u, l, which) for which in "qkv")
        o = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.linear(o.transpose(-2, -3).flatten(-2), f"layers.{l}.wo", f"layers.{l}.bo")

    def layer(self, h, l):
        u = self.norm(h, f"norms.{l}.gain")
        return self.causal(u, l) if self.cell.kind == "transformer" and l % 2 else self.mlp(u, l)

    # ---- variants ----

    def attend(self, sources, l):
        """The published pseudo-code: stack, normalise, score, softmax over depth, mix."""
        v = torch.stack(sources)
        k = self.norm(v, f"residual.key_gain.{l}")
        weights = torch.einsum("d,n...d->n...", self.get(f"residual.query.{l}"), k).softmax(0)
        return torch.einsum("n...,n...d->...d", weights, v)

    def attention(self, e, size):
        """Blocks of [size] layers; with 1 every output is a source."""
        blocks, running = [e], None
        for l in range(1, self.cell.depth + 1):
            sources = blocks if running is None else blocks + [running]
            h = e if l == 1 else self.attend(sources, l)
            if (l - 1) % size == 0 and running is not None:
                blocks, running = blocks + [running], None
            y = self.layer(h, l)
            running = y if running is None else running + y
        return self.attend(blocks + [running], self.cell.depth + 1)

    def single(self, h, rescaled):
        for l in range(1, self.cell.depth + 1):
            y = self.layer(h, l)
            h = (l * h + y) / (l + 1) if rescaled else h + y
        return h

    # ---- ends ----

    def embed(self, x):
        cell = self.cell
        if cell.kind == "mlp":
            return self.linear(x, "embed.w", "embed.b") if cell.has("model.embed", "linear") else x
        e = F.embedding(x, self.get("embed.w"))
        return e + self.get("positions.w") if cell.has("model.positions", "learned") else e

    def head(self, r):
        cell = self.cell
        if cell.has("model.final_norm", "true"):
            r = self.norm(r, "norms.final.gain")
        if cell.kind == "transformer":
            return F.linear(r, self.get("embed.w" if cell.has("model.head", "tied") else "head.w"))
        return self.linear(r, "head.w", "head.b") if cell.has("model.head", "linear") else r

    def forward(self, x):
        e = self.embed(x)
        if self.cell.variant.startswith("attnres"):
            size = 1 if self.cell.variant == "attnres_full" else self.cell.block_size()
            return self.head(self.attention(e, size))
        return self.head(self.single(e, self.cell.variant == "rescaled"))


def optimizer(cell, model):
    """Adam or AdamW by the fused loops, its fastest."""
    groups = {}
    for name, value in model.p.items():
        groups.setdefault(cell.decay(name.replace("/", ".")), []).append(value)
    return torch.optim.AdamW(
        [{"params": values, "weight_decay": decay} for decay, values in groups.items()],
        lr=cell.number("train.lr"),
        betas=(cell.number("train.beta1"), cell.number("train.beta2")),
        eps=cell.number("train.eps"),
        fused=True,
    )


class Run:
    def __init__(self, cell, compiled=False):
        self.cell, self.model = cell, Model(cell)
        self.data = [torch.tensor(a.copy()) for a in (cell.x, cell.y, cell.weight)]
        if cell.kind == "transformer":
            self.data = [self.data[0].long(), self.data[1].long(), self.data[2]]
        self.optimizer = optimizer(cell, self.model)
        self.mean_loss = self.loss_of
        if compiled:
            torch._dynamo.reset()
            self.mean_loss = torch.compile(self.loss_of)

    def loss_of(self, x, y, weight):
        if self.cell.kind == "mlp":
            return F.mse_loss(self.model(x), y)
        terms = F.cross_entropy(self.model(x).flatten(0, 1), y.flatten(), reduction="none")
        return (terms * weight.flatten()).sum() / weight.sum()

    def step(self, batch=None):
        which = slice(None) if batch is None else torch.tensor(batch).long()
        self.optimizer.zero_grad(set_to_none=True)
        self.mean_loss(*(a[which] for a in self.data)).backward()
        self.optimizer.step()

    def loss(self):
        with torch.no_grad():
            return float(self.loss_of(*self.data))

    def weights(self):
        return {
            name.replace("/", "."): value.detach().numpy() for name, value in self.model.p.items()
        }


def times(program, rounds, folders):
    print(f"PyTorch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}, one thread")
    print("| model | variant | plumbline ms | eager ms | x | torch.compile ms | x |")
    print("|---|---|---|---|---|---|---|")
    makers = {
        "eager": lambda cell: Run(cell).step,
        # beyond width 64 the compiler takes minutes, and products are all that counts
        "compile": lambda cell: Run(cell, compiled=True).step if cell.width <= 64 else None,
    }
    side_by_side(program, [Cell(folder) for folder in folders], makers, rounds)


if __name__ == "__main__":
    if sys.argv[1] == "parity":
        sys.exit(0 if parity("PyTorch", Run, sys.argv[2:]) else 1)
    if sys.argv[1] == "on":
        sys.exit(0 if train_on("PyTorch", Run, sys.argv[2], int(sys.argv[3])) else 1)
    times(sys.argv[2], int(sys.argv[3]), sys.argv[4:])
