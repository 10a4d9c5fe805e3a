#!/usr/bin/env python3
"""The quality tables of docs/benchmarks.md: each model under a protocol at its defaults, the mean over three seeds.

    bench/quality.py HOME PROTOCOL MODEL[,key=value...] ... [--seeds 1,2,3] [-- FLAGS of marquee evaluate]

One Markdown row a model. A model that no seed changes runs once.
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent / "build/release/bin/marquee"
METRICS = {
    "strong-generalization": ["recall@20", "recall@50", "ndcg@100"],
    "global-time-split": ["recall@20", "hit_rate@10", "ndcg@10", "ndcg@100"],
    "ncf-leave-one-out": ["hit_rate@10", "ndcg@10"],
    "leave-one-out-full": ["hit_rate@10", "ndcg@10"],
    "rating-holdout": ["rmse", "mae", "r2"],
}
SEEDLESS = {"ease", "slim", "item-knn", "user-knn", "rp3beta", "markov", "item-content", "most-popular"}


def evaluate(home, protocol, model, settings, seed, flags):
    command = [PROGRAM, "--home", home, "evaluate", "--protocol", protocol, "--model", model, "--seed", str(seed), "--json"]
    for setting in settings:
        command += ["--set", setting]
    done = subprocess.run(command + flags, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{model}: {done.stderr}")
    return json.loads(done.stdout)


def row(home, protocol, name, seeds, flags):
    model, *settings = name.split(",")
    results = [evaluate(home, protocol, model, settings, seed, flags) for seed in (seeds[:1] if model in SEEDLESS else seeds)]
    cells = []
    for metric in METRICS[protocol]:
        values = [result["metrics"][metric]["mean"] for result in results]
        spread = f" ({min(values):.4f}–{max(values):.4f})" if len(values) > 1 else ""
        error = results[0]["metrics"][metric]["stderr"]
        cells.append(f"{statistics.mean(values):.4f}{'' if error is None else f' ± {error:.4f}'}{spread}")
    seconds = statistics.mean(result["seconds"] for result in results)
    return f"| `{model}` | {', '.join(settings) or 'defaults'} | {' | '.join(cells)} | {seconds:.0f} |"


def main(args):
    flags = args[args.index("--") + 1 :] if "--" in args else []
    args = args[: args.index("--")] if "--" in args else args
    seeds = [1, 2, 3]
    if "--seeds" in args:
        at = args.index("--seeds")
        seeds = [int(seed) for seed in args[at + 1].split(",")]
        del args[at : at + 2]
    if len(args) < 3 or args[1] not in METRICS:
        sys.exit(__doc__)
    home, protocol, *models = args
    print(f"| model | settings | {' | '.join(METRICS[protocol])} | seconds |")
    print("|---" * (len(METRICS[protocol]) + 3) + "|")
    for name in models:
        print(row(home, protocol, name, seeds, flags), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
