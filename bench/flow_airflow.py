"""The scheduler beside a real Airflow 3 (LocalExecutor, PostgreSQL), in one run: the same DAGs of tasks that do nothing, each a process, begun over the
same REST API. That both ran each task once, with success and in order, is checked before a figure is told.

    python3 flow_airflow.py [--dags 1000] [--airflow-dags 20] [--tasks 10] [--at-once 16]

Half of the DAGs are chains, half are fans: a first task, those in the middle at once, a last one. Airflow runs `--airflow-dags` of them, as many as fit in
some minutes; ours the same ones, and then `--dags`, on SQLite and, where --postgres is given, on PostgreSQL.

MARQUEE_SHARED (../shared): its tools/airflow and tools/postgres run the real ones. MARQUEE_BUILD (build/release).
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

TOOLS = Path(os.environ.get("MARQUEE_SHARED", "../shared")).resolve() / "tools"
MARQUEE = Path(os.environ.get("MARQUEE_BUILD", "build/release")).resolve() / "bin/marquee"
STAMP = "date +%s%N >>"  # what a task of the DAG "alone" does: the moment by its own clock

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--dags", type=int, default=1000)
parser.add_argument("--airflow-dags", type=int, default=20)
parser.add_argument("--tasks", type=int, default=10)
parser.add_argument("--at-once", type=int, default=16)
parser.add_argument("--port", type=int, default=18121)
parser.add_argument("--postgres", action="store_true", help="ours on PostgreSQL too")
args = parser.parse_args()


def needs_of(dag):
    """The tasks of a DAG in order, each with those it needs."""
    names = [f"t{i}" for i in range(args.tasks)]
    if dag == "alone" or int(dag[1:]) % 2 == 0:
        return {name: names[max(i - 1, 0):i] for i, name in enumerate(names)}
    return {names[0]: [], **{name: names[:1] for name in names[1:-1]}, names[-1]: names[1:-1]}


def command_of(dag, stamps):
    return ["/bin/sh", "-c", f"{STAMP} {stamps}"] if dag == "alone" else ["/bin/true"]


def names_of(count):
    return [f"d{i}" for i in range(count)]


class Server:
    """What both are asked over the API of Airflow 3."""

    def __init__(self, name, folder):
        self.name, self.folder = name, Path(folder)
        self.stamps = self.folder / "stamps"
        self.headers = {"Content-Type": "application/json"}

    def call(self, method, path, body=None, base="/api/v2/"):
        request = urllib.request.Request(self.url + base + path, method=method, headers=self.headers,
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def until(self, what, done, seconds=900, every=0.5):
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                sys.exit(f"{self.name}: {what}: not within {seconds} s")
            time.sleep(every)

    def run(self, dags, every):
        """One run of each, at once; seconds from the first call until all have ended, and the tasks by DAG."""
        started, began = time.time(), time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            runs = list(pool.map(lambda dag: self.call("POST", f"dags/{dag}/dagRuns", {"logical_date": None})["dag_run_id"], dags))
        last = f"dags/{dags[-1]}/dagRuns?state=queued&state=running&limit=1" if len(dags) == 1 else "dags/~/dagRuns?state=queued&state=running&limit=1"
        self.until(f"{len(dags)} runs", lambda: self.call("GET", last)["total_entries"] == 0, every=every)
        waited = time.monotonic() - began
        tasks = {dag: self.tasks_of(dag, run) for dag, run in zip(dags, runs)}
        self.check(tasks)
        # The last end by the books: a look at them may come late.
        seconds = max(task["end"] for of in tasks.values() for task in of.values()) - started
        assert 0 < seconds < waited + 1, (seconds, waited)
        return seconds, tasks

    def tasks_of(self, dag, run):
        moment = lambda text: datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
        found = self.call("GET", f"dags/{dag}/dagRuns/{run}/taskInstances?limit=100")["task_instances"]
        wrong = {task["task_id"]: task["state"] for task in found if task["state"] != "success" or task["try_number"] != 1}
        assert not wrong, (self.name, dag, run, wrong)
        return {task["task_id"]: {"start": moment(task["start_date"]), "end": moment(task["end_date"])} for task in found}

    def check(self, tasks):
        for dag, of in tasks.items():
            needs = needs_of(dag)
            assert of.keys() == needs.keys(), (self.name, dag, of.keys())
            for name, before in needs.items():
                assert all(of[each]["end"] <= of[name]["start"] + 0.001 for each in before), (self.name, dag, name)

    def alone(self, runs):
        """Of a chain with nothing beside it: from what one task does to what the next does, by the tasks' own clock."""
        gaps = []
        for _ in range(runs):
            self.stamps.write_text("")
            self.run(["alone"], every=0.2)
            stamps = [int(line) for line in self.stamps.read_text().split()]
            assert len(stamps) == args.tasks and stamps == sorted(stamps), (self.name, stamps)
            gaps += [(after - before) / 1e9 for before, after in zip(stamps, stamps[1:])]
        return gaps


class Marquee(Server):
    def __init__(self, folder, dags, database=""):
        super().__init__("marquee", folder)
        (self.folder / "dags").mkdir(parents=True)
        for dag in [*names_of(dags), "alone"]:
            tasks = [f'[[tasks]]\nid = "{name}"\nneeds = {json.dumps(needs)}\ncommand = {json.dumps(command_of(dag, self.stamps))}\n'
                     for name, needs in needs_of(dag).items()]
            (self.folder / "dags" / f"{dag}.toml").write_text("\n".join(tasks))
        self.url = f"http://127.0.0.1:{args.port}"
        self.log = open(self.folder / "log", "w")
        self.process = subprocess.Popen([MARQUEE, "--home", folder, *(["--config", f"database.url={database}"] if database else []),
                                         "--config", f"flow.parallelism={args.at_once}", "--config", "flow.paused_at_creation=false",
                                         "serve", "flow", "--port", str(args.port)], stdout=self.log, stderr=self.log)
        self.until("its start", self.answers, every=0.05)

    def answers(self):
        if self.process.poll() is not None:
            sys.exit((self.folder / "log").read_text())
        try:
            return self.call("GET", "monitor/health")["scheduler"]["status"] == "healthy"
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


class Airflow(Server):
    def __init__(self, folder, dags, database):
        super().__init__("airflow", folder)
        (self.folder / "dags").mkdir(parents=True)
        shape = {dag: (needs_of(dag), " ".join(command_of(dag, self.stamps)[:1]) if dag != "alone" else f"{STAMP} {self.stamps}")
                 for dag in [*names_of(dags), "alone"]}
        (self.folder / "dags/all.py").write_text(f"""
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG
for dag_id, (needs, command) in {shape!r}.items():
    with DAG(dag_id, schedule=None) as dag:
        made = {{}}
        for name, before in needs.items():
            made[name] = BashOperator(task_id=name, bash_command=command)
            for each in before:
                made[each] >> made[name]
    globals()[dag_id] = dag
""")
        environment = {**os.environ, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database.replace("postgresql:", "postgresql+psycopg2:"),
                       "AIRFLOW__CORE__EXECUTOR": "LocalExecutor", "AIRFLOW__CORE__PARALLELISM": str(args.at_once),
                       "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False"}
        printed = subprocess.run([TOOLS / "airflow", "start", folder], env=environment, check=True, capture_output=True, text=True).stdout
        self.url = dict(line.split("=", 1) for line in printed.split())["AIRFLOW_URL"]
        token = self.call("POST", "auth/token", {"username": "admin", "password": "admin"}, base="/")["access_token"]
        self.headers["Authorization"] = f"Bearer {token}"
        self.until("its DAGs", lambda: self.call("GET", "dags?limit=1")["total_entries"] == dags + 1)

    def stop(self):
        subprocess.run([TOOLS / "airflow", "stop", self.folder], check=True, capture_output=True)


def delays(tasks):
    """From the end of the last task that is needed to the start, by the books."""
    return [of[name]["start"] - max(of[each]["end"] for each in needs)
            for dag, of in tasks.items() for name, needs in needs_of(dag).items() if needs]


def spread(gaps):
    ordered = sorted(gaps)
    at = lambda share: ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1e3
    return f"median {at(.5):9.1f} ms  p95 {at(.95):9.1f} ms  p99 {at(.99):9.1f} ms"


def tell(name, dags, result):
    seconds, tasks = result
    rate = dags * args.tasks / seconds
    print(f"{name:22} {dags:5} DAGs x {args.tasks}: {seconds:7.2f} s {rate:7.1f} tasks/s   ready to start {spread(delays(tasks))}", flush=True)
    return rate


def measure(server, dags, every, runs):
    server.run(["alone"], every)  # whatever is made once is made
    gaps = server.alone(runs)
    print(f"{server.name:22} one chain alone, from task to task: {spread(gaps)}", flush=True)
    return gaps, tell(server.name, dags, server.run(names_of(dags), every))


def main():
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)  # PostgreSQL is another user
    stops = []
    try:
        print(f"load before: {os.getloadavg()[0]:.2f}, {os.cpu_count()} cores, {args.at_once} tasks at once")
        (folder / "postgres").mkdir()
        (folder / "postgres").chmod(0o755)
        database = subprocess.run([TOOLS / "postgres", "start", folder / "postgres"], check=True, capture_output=True, text=True).stdout.strip().split("=", 1)[1]
        stops.append(lambda: subprocess.run([TOOLS / "postgres", "stop", folder / "postgres"], check=True, capture_output=True))
        for name, url in (("sqlite", ""), *((("postgres", database),) if args.postgres else ())):
            ours = Marquee(folder / name, args.dags, url)
            ours.name = f"marquee, {name}"
            stops.append(ours.stop)
            gaps, rate = measure(ours, args.airflow_dags, every=0.1, runs=5)
            all_rate = tell(ours.name, args.dags, ours.run(names_of(args.dags), every=0.5))
            if name == "sqlite":
                first = gaps, rate, all_rate
            stops.pop()()
        theirs = Airflow(folder / "airflow", args.airflow_dags, database)
        stops.append(theirs.stop)
        their_gaps, their_rate = measure(theirs, args.airflow_dags, every=1, runs=2)
        gaps, rate, all_rate = first
        middle = lambda values: sorted(values)[len(values) // 2]
        print(f"the same {args.airflow_dags} DAGs: {rate / their_rate:.0f}x; {args.dags} of ours beside {args.airflow_dags} of theirs: {all_rate / their_rate:.0f}x; "
              f"from task to task alone: 1/{middle(their_gaps) / middle(gaps):.0f}")
    finally:
        for stop in reversed(stops):
            stop()
        shutil.rmtree(folder, ignore_errors=True)


if all((TOOLS / tool).exists() for tool in ("airflow", "postgres")):
    main()
else:
    print(f"flow_airflow: no {TOOLS}/airflow and postgres: skipped")
