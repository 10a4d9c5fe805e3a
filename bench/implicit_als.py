"""ALS of the library `implicit`, for ials_scale_bench: trains, and leaves its factors for the judge.

    implicit_als.py DIR cholesky|cg FACTORS EPOCHS THREADS CONFIDENCE REGULARIZATION

DIR holds offsets.i64 and columns.i32: who met what, as compressed rows; start.f32: the items' first factors. It gets, after each epoch, items.EPOCH.f32
and in times.txt a line `seconds processor_seconds`; after the last, users.f32.
"""

import sys
import time
from pathlib import Path

import numpy as np
import scipy.sparse
from implicit.cpu.als import AlternatingLeastSquares


def main():
    folder, solver = Path(sys.argv[1]), sys.argv[2]
    factors, epochs, threads = map(int, sys.argv[3:6])
    confidence, regularization = map(float, sys.argv[6:8])
    offsets = np.fromfile(folder / "offsets.i64", np.int64).astype(np.int32)
    columns = np.fromfile(folder / "columns.i32", np.int32)
    data = np.full(len(columns), confidence, np.float32)
    matrix = scipy.sparse.csr_matrix((data, columns, offsets))
    model = AlternatingLeastSquares(factors=factors, regularization=regularization, alpha=1.0, iterations=epochs,
                                    use_cg=solver == "cg", num_threads=threads, random_state=1)
    model.item_factors = np.fromfile(folder / "start.f32", np.float32).reshape(-1, factors)
    model.user_factors = np.zeros((matrix.shape[0], factors), np.float32)
    clock = {"cpu": None}
    with open(folder / "times.txt", "w", encoding="utf-8") as times:

        def after_epoch(epoch, seconds, _loss):
            cpu = time.process_time()
            # Of the first epoch the start is not seen.
            spent = cpu - clock["cpu"] if clock["cpu"] is not None else float("nan")
            times.write(f"{seconds} {spent}\n")
            model.item_factors.tofile(folder / f"items.{epoch + 1}.f32")
            clock["cpu"] = time.process_time()

        model.fit(matrix, show_progress=False, callback=after_epoch)
    model.user_factors.tofile(folder / "users.f32")


main()
