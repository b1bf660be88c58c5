"""The same model in PyTorch.

    python3 torch_peer.py parity FOLDER...                     losses after every step, against the export
    python3 torch_peer.py time PROGRAM ROUNDS FOLDER...        step times, in turn with plumbline's own
"""

import os
import sys

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import torch
import torch.nn.functional as F

from cell import Cell, check, side_by_side

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

    def get(self, name):
        return self.p[name.replace(".", "/")]

    def linear(self, x, name):
        return F.linear(x, self.get(name + ".w"), self.get(name + ".b"))

    def norm(self, x, name):
        return F.rms_norm(x, (self.cell.width,), self.get(name), self.cell.eps)

    def layer(self, h, l):
        u = self.norm(h, f"norms.{l}.gain")
        a = self.act(F.linear(u, self.get(f"layers.{l}.w1"), self.get(f"layers.{l}.b1")))
        return F.linear(a, self.get(f"layers.{l}.w2"), self.get(f"layers.{l}.b2"))

    def attend(self, sources, l):
        """The published pseudo-code: stack, normalise, score, softmax over depth, mix."""
        v = torch.stack(sources)
        k = self.norm(v, f"residual.key_gain.{l}")
        weights = torch.einsum("d,ntd->nt", self.get(f"residual.query.{l}"), k).softmax(0)
        return torch.einsum("nt,ntd->td", weights, v)

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

    def forward(self, x):
        cell = self.cell
        e = self.linear(x, "embed") if cell.has("model.embed", "linear") else x
        if cell.variant.startswith("attnres"):
            r = self.attention(e, 1 if cell.variant == "attnres_full" else cell.block_size())
        else:
            r = self.single(e, cell.variant == "rescaled")
        if cell.has("model.final_norm", "true"):
            r = self.norm(r, "norms.final.gain")
        return self.linear(r, "head") if cell.has("model.head", "linear") else r


def optimizer(cell, model):
    """Adam, or AdamW whose decay is for matrices of the host alone; the fused loops, its fastest."""
    decay = cell.number("train.weight_decay") if cell.has("train.optimizer", "adamw") else 0.0

    def decays(name):
        return name.endswith((".w", ".w1", ".w2")) and not name.startswith("residual")

    plain, matrices = [], []
    for name, value in model.p.items():
        (matrices if decays(name.replace("/", ".")) else plain).append(value)
    return torch.optim.AdamW(
        [{"params": matrices, "weight_decay": decay}, {"params": plain, "weight_decay": 0.0}],
        lr=cell.number("train.lr"),
        betas=(cell.number("train.beta1"), cell.number("train.beta2")),
        eps=cell.number("train.eps"),
        fused=True,
    )


class Run:
    def __init__(self, cell, compiled=False):
        self.cell, self.model = cell, Model(cell)
        self.x, self.y = torch.tensor(cell.x.copy()), torch.tensor(cell.y.copy())
        self.optimizer = optimizer(cell, self.model)
        self.loss = lambda x, y: F.mse_loss(self.model(x), y)
        if compiled:
            torch._dynamo.reset()
            self.loss = torch.compile(self.loss)

    def step(self, batch=None):
        which = slice(None) if batch is None else torch.tensor(batch).long()
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(self.x[which], self.y[which]).backward()
        self.optimizer.step()

    def full_loss(self):
        with torch.no_grad():
            return float(F.mse_loss(self.model(self.x), self.y))


def parity(folders):
    good = True
    for folder in folders:
        cell = Cell(folder)
        run = Run(cell)
        losses = [run.full_loss()]
        for step in range(cell.steps):
            run.step(cell.batch(step))
            losses.append(run.full_loss())
        weights = {
            name.replace("/", "."): value.detach().numpy() for name, value in run.model.p.items()
        }
        good &= check("PyTorch", cell, losses, weights)
    return good


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
        sys.exit(0 if parity(sys.argv[2:]) else 1)
    times(sys.argv[2], int(sys.argv[3]), sys.argv[4:])
