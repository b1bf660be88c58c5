"""An exported cell (docs/export.md), read with numpy alone, and what both peers share."""

import json
import os
import statistics
import subprocess
import time

import numpy as np

TYPES = {"F64": np.float64, "F32": np.float32, "I32": np.int32, "U8": np.uint8}
PARITY = 1e-4  # relative difference of a loss that a peer may show


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


class Cell:
    """Settings, data and weights of an export; only what the four variants of the peers need."""

    def __init__(self, folder):
        def read(name):
            return json.load(open(os.path.join(folder, name)))

        self.settings = read("export.json")["settings"]
        self.curve = read("curve.json")["train_loss"]
        self.variant = self.settings["variant.name"]
        self.weights = tensors(os.path.join(folder, "initial.safetensors"))
        self.final = tensors(os.path.join(folder, "final.safetensors"))
        data = tensors(os.path.join(folder, "data.safetensors"))
        self.x = data["train.x"].reshape(-1, data["train.x"].shape[-1])
        self.y = data["train.y"].reshape(-1, data["train.y"].shape[-1])
        batches = os.path.join(folder, "batches.safetensors")
        self.batches = tensors(batches)["batches"] if os.path.exists(batches) else None
        self.width, self.hidden, self.depth, self.steps = (
            int(self.settings[key])
            for key in ("model.width", "model.hidden", "model.depth", "train.steps")
        )
        self.eps = float(self.settings["model.norm_eps"])
        for key, value in {
            "model.norm": "rmsnorm",
            "model.prenorm": "true",
            "train.schedule": "constant",
            "train.lr_mult": "1",
        }.items():
            if self.settings[key] != value:
                raise SystemExit(f"{folder}: the peers know {key} = {value} alone")

    def number(self, key):
        return float(self.settings[key])

    def has(self, key, value):
        return self.settings[key] == value

    def name(self):
        """As `plumbline bench` calls the model."""
        return f"{self.width}/{self.hidden}/{self.depth}/{len(self.x)} {self.settings['model.activation']}"

    def block_size(self):
        size = self.settings["variant.block_size"]
        return max(2, (self.depth + 4) // 8) if size == "auto" else int(size)

    def batch(self, step):
        """Indices of the samples of step 0, 1, ...; None: all of them."""
        if self.batches is None:
            return None
        row = self.batches[step]
        return row[row >= 0]


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
    good = worst <= PARITY and len(cell.curve["steps"]) > 1
    print(
        f"{'ok  ' if good else 'FAIL'} {peer:14s} {cell.name():22s} {cell.variant:14s} "
        f"loss {cell.curve['values'][0]:.4f} -> {cell.curve['values'][-1]:.4f}, apart by at most "
        f"{worst:.1e}; weights moved by {moved:.1e}, apart by {apart:.1e}"
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
    for model in sorted({cell.name() for cell in cells}, key=lambda name: int(name.split("/")[0])):
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
