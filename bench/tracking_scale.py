"""Search and a long history at a size that takes a real MLflow server hours to be filled to over HTTP: both servers hold the same runs, and their
answers are compared before a time is told.

    python3 tracking_scale.py OURS THEIRS THEIRS_DB [--runs 100000] [--points 1000000]

OURS, THEIRS: URLs. Ours is filled over HTTP; theirs by a run over HTTP and then by its database, THEIRS_DB, a SQLite file, with rows like those of that run.
"""
import argparse
import random
import sqlite3
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import requests

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("ours")
parser.add_argument("theirs")
parser.add_argument("theirs_db")
parser.add_argument("--runs", type=int, default=100_000)
parser.add_argument("--points", type=int, default=1_000_000)
args = parser.parse_args()

KEYS = range(10)
rng = random.Random(1)
METRICS = [[rng.random() for _ in KEYS] for _ in range(args.runs)]


def params(i):
    return {f"p{k}": str((i + k) % 100) for k in KEYS} | {"number": str(i)}


def loss(i):
    return 1 / (1 + i / 1000)


class Server:
    def __init__(self, url):
        self.api, self.session = url.rstrip("/") + "/api/2.0/mlflow/", requests.Session()

    def call(self, method, path, **more):
        answer = self.session.request(method, self.api + path, timeout=600, **more)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
        return answer.json()

    def post(self, path, **body):
        return self.call("POST", path, json=body)

    def new_run(self, start):
        return self.post("runs/create", experiment_id=self.experiment, start_time=start)["run"]["info"]["run_id"]

    def fill_run(self, i):
        run = self.new_run(i)
        self.post("runs/log-batch", run_id=run, metrics=[{"key": f"m{k}", "value": METRICS[i][k], "timestamp": i, "step": 0} for k in KEYS],
                  params=[{"key": key, "value": value} for key, value in params(i).items()])
        return run

    def begin_long(self):
        self.long = self.new_run(args.runs)
        self.post("runs/log-batch", run_id=self.long, params=[{"key": "number", "value": "long"}])

    def log_points(self, run, first, end):
        self.post("runs/log-batch", run_id=run, metrics=[{"key": "loss", "value": loss(i), "timestamp": i, "step": i} for i in range(first, end)])

    def search(self, **body):
        """The numbers of the runs that are found, in order."""
        runs = self.post("runs/search", experiment_ids=[self.experiment], **body).get("runs", [])
        return [next(p["value"] for p in run["data"]["params"] if p["key"] == "number") for run in runs]

    def history(self):
        total, count, token = 0.0, 0, None
        while True:
            page = {"page_token": token} if token else {}
            answer = self.call("GET", "metrics/get-history", params={"run_id": self.long, "metric_key": "loss", "max_results": 25000, **page})
            total, count, token = total + sum(m["value"] for m in answer["metrics"]), count + len(answer["metrics"]), answer.get("next_page_token")
            if not token:
                return count, round(total, 6)


def fill_ours(server, url):
    start = time.perf_counter()
    servers = [Server(url) for _ in range(8)]
    for one in servers:
        one.experiment = server.experiment
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: servers[i % 8].fill_run(i), range(args.runs)))
    print(f"ours: {args.runs / (time.perf_counter() - start):.0f} runs/s created and filled over HTTP")
    server.begin_long()
    start = time.perf_counter()
    for first in range(0, args.points, 1000):
        server.log_points(server.long, first, min(first + 1000, args.points))
    print(f"ours: {args.points / (time.perf_counter() - start):.0f} points/s logged in batches of 1,000")


def insert(database, table, template, rows):
    columns = [row[1] for row in database.execute(f"pragma table_info({table})")]
    values = database.execute(f"select * from {table} where run_uuid = ?", (template,)).fetchone()
    like = dict(zip(columns, values))
    statement = f"insert into {table} ({', '.join(columns)}) values ({', '.join('?' * len(columns))})"
    database.executemany(statement, ([{**like, **row}[column] for column in columns] for row in rows))


def fill_theirs(server):
    template = server.fill_run(0)
    server.begin_long()
    server.log_points(server.long, 0, 1)
    ids = [uuid.uuid4().hex for _ in range(1, args.runs)]
    with sqlite3.connect(args.theirs_db, timeout=60) as database:
        numbered = list(enumerate(ids, 1))
        insert(database, "runs", template, ({"run_uuid": run, "start_time": i, "artifact_uri": f"mlflow-artifacts:/{server.experiment}/{run}/artifacts"} for i, run in numbered))
        for table in ("metrics", "latest_metrics"):
            insert(database, table, template, ({"run_uuid": run, "key": f"m{k}", "value": METRICS[i][k], "timestamp": i} for i, run in numbered for k in KEYS))
        insert(database, "params", template, ({"run_uuid": run, "key": key, "value": value} for i, run in numbered for key, value in params(i).items()))
        insert(database, "tags", template, ({"run_uuid": run} for run in ids))
        insert(database, "metrics", server.long, ({"timestamp": i, "step": i, "value": loss(i)} for i in range(1, args.points)))
        database.execute("analyze")


def compare(name, ask, times):
    """Both asked in turn, `times` times; the medians."""
    took = {server: [] for server in (ours, theirs)}
    for _ in range(times):
        answers = []
        for server in (ours, theirs):
            start = time.perf_counter()
            answers.append(ask(server))
            took[server].append(time.perf_counter() - start)
        assert answers[0] == answers[1], (name, str(answers[0])[:200], str(answers[1])[:200])
    one, other = median(took[ours]) * 1e3, median(took[theirs]) * 1e3
    print(f"{name:58} {one:10.1f} ms {other:10.1f} ms {other / one:7.1f}x", flush=True)


ours, theirs = Server(args.ours), Server(args.theirs)
for server in (ours, theirs):
    server.experiment = server.post("experiments/create", name=f"scale-{uuid.uuid4().hex[:8]}")["experiment_id"]
fill_theirs(theirs)
fill_ours(ours, args.ours)
print(f"{'':58} {'marquee':>13} {'mlflow':>13}")
FILTERED = {"filter": "metrics.m1 > 0.9", "order_by": ["metrics.m2 DESC"]}
compare("search: metric filter, ordered, 100 of them", lambda s: s.search(**FILTERED, max_results=100), 5)
compare("search: metric and param filter, ordered, 100", lambda s: s.search(**{**FILTERED, "filter": "metrics.m1 > 0.5 and params.p3 = '7'"}, max_results=100), 5)
compare("search: metric filter, ordered, 1,000", lambda s: s.search(**FILTERED, max_results=1000), 3)
compare("search: the newest 100", lambda s: s.search(max_results=100), 5)
compare(f"history of {args.points:,} points in pages of 25,000", lambda s: s.history(), 2)
