"""An exported cell (docs/export.md), read with numpy alone, and what both peers share."""

import json
import os
import statistics
import subprocess
import time

import numpy as np

TYPES = {"F64": np.float64, "F32": np.float32, "I32": np.int32, "U8": np.uint8}
PARITY = {np.float32: 1e-4, np.float64: 1e-10}  # relative difference of a loss that a peer may show
CONSTANTS = ("positions.rope",)  # of the weights, what is never trained

# What an option that came later is where an export does not name it.
LATER = {"train.clip": "0", "train.decay_embeddings": "true"}

# What the peers know of a setting, where they do not know all.
KNOWN = {
    "model.prenorm": ("true",),
    "train.schedule": ("constant",),
    "train.lr_mult": ("1",),
    "train.clip": ("0",),
}
KNOWN_OF_KIND = {
    "mlp": {"model.norm": ("rmsnorm",)},
    "transformer": {
        "model.dropout": ("0",),
        "model.value_residual": ("none",),
        "model.attention_bias": ("true",),
        "model.mlp_bias": ("true",),
        "model.head": ("linear", "tied"),
        "model.final_norm": ("true",),
    },
}


def tensors(path):
    """The arrays of a safetensors file by name."""
    raw = open(path, "rb").read()
    size = int.from_bytes(raw[:8], "little")
    out = {}
    for name, entry in json.loads(raw[8 : 8 + size]).items():
        first, last = (8 + size + offset for offset in entry["data_offsets"])
        kind = np.dtype(TYPES[entry["dtype"]]).newbyteorder("<")
        out[name] = np.frombuffer(raw[first:last], kind).reshape(entry["shape"])
    return out


def weights(path):
    return {name: value for name, value in tensors(path).items() if name not in CONSTANTS}


class Cell:
    """Settings, data and weights of an export; only what the four variants of the peers need.

    A sample of an mlp is a vector: x [samples, in], y [samples, out]. One of a transformer is a
    sequence: x ids [samples, tokens], y labels, weight likewise.
    """

    def __init__(self, folder):
        def read(name):
            return json.load(open(os.path.join(folder, name)))

        self.settings = {**LATER, **read("export.json")["settings"]}
        self.curve = read("curve.json")["train_loss"]
        self.variant = self.settings["variant.name"]
        self.kind = self.settings["model.kind"]
        self.weights = weights(os.path.join(folder, "initial.safetensors"))
        self.final = weights(os.path.join(folder, "final.safetensors"))
        self.type = next(iter(self.weights.values())).dtype.type
        data = tensors(os.path.join(folder, "data.safetensors"))
        if self.kind == "mlp":
            self.x = data["train.x"].reshape(-1, data["train.x"].shape[-1]).astype(self.type)
            self.y = data["train.y"].reshape(-1, data["train.y"].shape[-1]).astype(self.type)
            self.weight = np.ones(len(self.x), self.type)
        else:
            self.x, self.y = data["train.ids"], data["train.labels"]
            self.weight = data.get("train.weight", np.ones(self.x.shape)).astype(self.type)
        batches = os.path.join(folder, "batches.safetensors")
        self.batches = tensors(batches)["batches"] if os.path.exists(batches) else None
        self.width, self.hidden, self.depth, self.steps = (
            int(self.settings[key])
            for key in ("model.width", "model.hidden", "model.depth", "train.steps")
        )
        self.heads = int(self.settings.get("model.heads", 1))
        self.eps = float(self.settings["model.norm_eps"])
        for key, values in {**KNOWN, **KNOWN_OF_KIND[self.kind]}.items():
            if self.settings[key] not in values:
                raise SystemExit(f"{folder}: the peers know {key} = {' or '.join(values)} alone")

    def number(self, key):
        return float(self.settings[key])

    def has(self, key, value):
        return self.settings.get(key) == value

    def name(self):
        """As `plumbline bench` calls the model."""
        if self.kind == "mlp":
            size = f"{self.width}/{self.hidden}/{self.depth}/{len(self.x)}"
            return f"{size} {self.settings['model.activation']}"
        samples, tokens = self.x.shape
        return f"transformer {self.width}/{self.hidden}/{self.depth}/{tokens}x{samples}"

    def family(self):
        """The name, with what tells families of transformers apart."""
        if self.kind == "mlp":
            return self.name()
        keys = ("positions", "norm", "mlp", "head")
        words = [self.settings["model." + key] for key in keys]
        words += ["qk_norm"] if self.has("model.qk_norm", "true") else []
        return f"{self.name()} {' '.join(words)} {'ref' if self.type == np.float64 else 'cpu'}"

    def block_size(self):
        size = self.settings["variant.block_size"]
        if size != "auto":
            return int(size)
        layers = max(2, (self.depth + 4) // 8)
        return layers if self.kind == "mlp" else layers + layers % 2  # whole blocks of two

    def rope(self):
        """cos and sin [tokens, half of a head's channels] of what position and pair turn by; plumbline
        rounds them to float32 on every backend."""
        half = self.width // self.heads // 2
        turns = self.number("model.rope_base") ** (-np.arange(half) / half)
        angles = np.arange(self.x.shape[1])[:, None] * turns[None, :]
        return (f(angles).astype(np.float32).astype(self.type) for f in (np.cos, np.sin))

    def batch(self, step):
        """Indices of the samples of step 0, 1, ...; None: all of them."""
        if self.batches is None:
            return None
        row = self.batches[step % len(self.batches)]
        return row[row >= 0]

    def decay(self, name):
        """AdamW's decay is for matrices of the host alone; of ids and positions as the study says."""
        if not self.has("train.optimizer", "adamw") or name.startswith("residual."):
            return 0.0
        table = self.kind == "transformer" and name in ("embed.w", "positions.w")
        matrix = name.rsplit(".", 1)[-1] in ("w", "w1", "w2", "w3", "wq", "wk", "wv", "wo")
        decays = self.has("train.decay_embeddings", "true") if table else matrix
        return self.number("train.weight_decay") if decays else 0.0


def check(peer, cell, losses, weights):
    """Holds the losses of a peer after 0, 1, ... steps, and its final weights, against the export."""
    worst = 0.0
    for step, stored in zip(cell.curve["steps"], cell.curve["values"]):
        worst = max(worst, abs(losses[step] - stored) / stored)
    apart = max(
        float(np.abs(np.asarray(weights[name]) - value).max()) for name, value in cell.final.items()
    )
    moved = max(
        float(np.abs(value - cell.weights[name]).max()) for name, value in cell.final.items()
    )
    good = worst <= PARITY[cell.type] and len(cell.curve["steps"]) > 1
    print(
        f"{'ok  ' if good else 'FAIL'} {peer:8s} {cell.family():22s} {cell.variant:14s} "
        f"loss {cell.curve['values'][0]:.4f} -> {cell.curve['values'][-1]:.4f} in {cell.steps}, "
        f"apart by at most {worst:.1e}; weights moved by {moved:.1e}, apart by {apart:.1e}"
    )
    return good


def parity(peer, make, folders):
    """Trains every cell from its initial weights; make(cell) has step(batch), loss(), weights()."""
    good = True
    for folder in folders:
        cell = Cell(folder)
        run = make(cell)
        losses = [run.loss()]
        for step in range(cell.steps):
            run.step(cell.batch(step))
            losses.append(run.loss())
        good &= check(peer, cell, losses, run.weights())
    return good


def train_on(peer, make, folder, steps):
    """Trains the cell on, from its final weights; moments start anew."""
    cell = Cell(folder)
    cell.weights = cell.final
    run = make(cell)
    first, stored = run.loss(), cell.curve["values"][-1]
    for step in range(steps):
        run.step(cell.batch(cell.steps + step))
    last = run.loss()
    good = abs(first - stored) <= PARITY[cell.type] * stored
    print(
        f"{'ok  ' if good else 'FAIL'} {peer:8s} {cell.family():22s} {cell.variant:14s} loss "
        f"{stored:.6f} as stored, {first:.6f} as loaded, {last:.6f} after {steps} steps more"
    )
    return good


def median_ms(step, seconds=0.3):
    """Milliseconds of a step: many enough to fill [seconds], after two others."""
    step()
    start = time.perf_counter()
    step()
    count = int(seconds / (time.perf_counter() - start)) + 1
    times = []
    for _ in range(count):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def plumbline_ms(program, model):
    """Step time of every variant of the peers, by plumbline itself: {variant: ms}."""
    command = [program, "bench", "--quiet", "--json", "--rounds", "3", "--model", model]
    command += ["--variant", "standard,rescaled,attnres_full,attnres_block"]
    rows = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return {row["variant"]: row["step_ms"] for row in rows["rows"]}


def side_by_side(program, cells, makers, rounds):
    """Prints step times of plumbline and of each peer in [makers] ({name: cell -> step}), in turn,
    round after round on one core; medians over rounds, and ratios of those. No step: no time."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for model in sorted({cell.name() for cell in cells}, key=lambda name: int(name.split("/")[1])):
        these = [cell for cell in cells if cell.name() == model]
        steps = {
            (name, cell.variant): make(cell) for name, make in makers.items() for cell in these
        }
        ours = {cell.variant: [] for cell in these}
        theirs = {key: [] for key in steps}
        for _ in range(rounds):
            for variant, ms in plumbline_ms(program, model).items():
                if variant in ours:
                    ours[variant].append(ms)
            for key, step in steps.items():
                if step:
                    theirs[key].append(median_ms(step))
        for cell in these:
            own = statistics.median(ours[cell.variant])
            row = f"| {model} | {cell.variant} | {own:.2f} |"
            for name in makers:
                found = theirs[name, cell.variant]
                ms = statistics.median(found) if found else float("nan")
                row += f" {ms:.2f} | {ms / own:.1f} |" if found else " | |"
            print(row, flush=True)
