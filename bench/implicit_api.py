"""GET /recommend as it is made today: ALS of the library `implicit` behind FastAPI, for http_bench.sh.

    IMPLICIT_DATA=DIR uvicorn implicit_api:app --workers 2

DIR holds ratings.csv as MovieLens releases do; a rating above 3.5 is a like. Each request folds the user's history in, as GET /recommend of
Marquee does. The first worker trains (128 factors, 12 epochs) and leaves the factors beside the file for the others.
"""

import fcntl
import os
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
from fastapi import FastAPI, HTTPException
from implicit.cpu.als import AlternatingLeastSquares

FOLDER = Path(os.environ["IMPLICIT_DATA"])


def load():
    rows = np.loadtxt(FOLDER / "ratings.csv", delimiter=",", skiprows=1, usecols=(0, 1, 2))
    rows = rows[rows[:, 2] > 3.5]
    users, user_rows = np.unique(rows[:, 0].astype(np.int64), return_inverse=True)
    items, item_rows = np.unique(rows[:, 1].astype(np.int64), return_inverse=True)
    return users, items, scipy.sparse.csr_matrix((np.ones(len(rows), np.float32), (user_rows, item_rows)))


def trained(likes):
    kept = FOLDER / "implicit.npz"
    with open(FOLDER / "implicit.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        model = AlternatingLeastSquares(factors=128, iterations=12, random_state=1)
        if kept.exists():
            return model.load(kept)
        model.fit(likes, show_progress=False)
        model.save(kept)
        return model


USERS, ITEMS, LIKES = load()
MODEL = trained(LIKES)
ROW_OF = {str(user): row for row, user in enumerate(USERS)}
app = FastAPI()


@app.get("/recommend")
def recommend(user_id: str, num_recommendations: int = 10) -> dict[str, Any]:
    row = ROW_OF.get(user_id)
    if row is None:
        raise HTTPException(404, f"user {user_id} is unknown")
    ids, scores = MODEL.recommend(row, LIKES[row], N=num_recommendations, recalculate_user=True)
    items = [{"item_id": str(ITEMS[item]), "score": float(score)} for item, score in zip(ids, scores)]
    return {"user_id": user_id, "model": "implicit", "items": items}


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
