"""Fits a line to noisy points by gradient descent, reports the error as lines of JSON, and goes on from its checkpoint."""
import argparse
import json
import os
import random
import signal
import sys

parser = argparse.ArgumentParser()
parser.add_argument("--optimizer", choices=["gradient", "momentum"], required=True)
parser.add_argument("--learning_rate", type=float, required=True)
parser.add_argument("--momentum", type=float, default=0.0)
parser.add_argument("--steps", type=int, required=True)
parser.add_argument("--seed", type=int, required=True)
options = parser.parse_args()

draw = random.Random(options.seed)
points = [(x / 10, 3 * x / 10 - 1 + draw.gauss(0, 0.1)) for x in range(-10, 11)]
checkpoint = os.path.join(os.environ["ORCHESTRATOR_CHECKPOINTS"], "state.json")
state = {"step": 0, "weights": [0.0, 0.0], "velocity": [0.0, 0.0]}
if os.path.exists(checkpoint):
    with open(checkpoint) as file:
        state = json.load(file)
    print("going on after step", state["step"])


def save():
    with open(checkpoint + ".tmp", "w") as file:
        json.dump(state, file)
    os.replace(checkpoint + ".tmp", checkpoint)  # so that a kill leaves the old one or the new one


asked_to_end = []
signal.signal(signal.SIGTERM, lambda *_: asked_to_end.append(True))

while state["step"] < options.steps:
    slope, offset = state["weights"]
    misses = [(x, slope * x + offset - y) for x, y in points]
    gradient = [sum(miss * x for x, miss in misses) / len(points), sum(miss for _, miss in misses) / len(points)]
    state["velocity"] = [options.momentum * v - options.learning_rate * g for v, g in zip(state["velocity"], gradient)]
    state["weights"] = [w + v for w, v in zip(state["weights"], state["velocity"])]
    state["step"] += 1
    print(json.dumps({"step": state["step"], "error": sum(miss * miss for _, miss in misses) / len(points)}))
    if asked_to_end:
        save()
        sys.exit(0)
    if state["step"] % 10 == 0:
        save()
