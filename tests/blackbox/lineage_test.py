"""OpenLineage events of runs and tasks, in a file and at a server, from outside.

Where the package openlineage-python is installed, its classes take every event and facet too."""

import http.server
import importlib
import json
import re
import tempfile
import threading
import unittest
import uuid
from collections import defaultdict
from datetime import datetime
from pathlib import Path

from support import Server, eventually, marquee

try:
    from openlineage.client import event_v2, facet_v2
except ImportError:
    event_v2 = None

TERMINAL = {"COMPLETE", "FAIL", "ABORT"}
TITLES = """show_id,type,title,director,cast,country,date_added,release_year,rating,duration,listed_in,description
"""
RATINGS = """
[[tasks]]
id = "import"
marquee = "import {{ params.folder }}/ratings.csv"
inlets = ["s3://shop/{{ ds }}/orders.csv"]
outlets = ["gold.items"]
doc = "Ratings in."

[[tasks]]
id = "fails"
needs = "import"
command = '''echo '{"output": {"namespace": "postgres://db:5432", "name": "films.public.seen", "rows": 3}}' >> "$MARQUEE_LINEAGE_FILE"; exit 3'''
retries = 1
retry_delay = "1s"

[[tasks]]
id = "after"
needs = "fails"
command = "true"

[params]
folder = "none"
"""


def title(n):
    kind, length = ("Movie", f"{90 + n % 60} min") if n % 3 else ("TV Show", f"{1 + n % 4} Seasons")
    genre = ("Dramas", "Comedies", "Documentaries")[n % 3]
    return f'''s{n},{kind},Title {n},Ann Bell,"Cy Dow, Eve Fox",France,"August 4, 20{10 + n % 10}",{2000 + n % 20},{("TV-MA", "PG", "R")[n % 3]},{length},{genre},About {n}.\n'''


class Receiver:
    """A server of lineage, until the with-block ends; `status` is what it answers."""

    def __enter__(self):
        receiver = self
        self.events, self.keys, self.status = [], set(), 201

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.status == 201 and self.path == "/api/v1/lineage":
                    receiver.events.append(json.loads(body))
                    receiver.keys.add(self.headers.get("Authorization"))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def facets_of(event):
    for owner in (event["run"], event["job"], *event["inputs"], *event["outputs"]):
        for key in ("facets", "inputFacets", "outputFacets"):
            yield from owner.get(key, {}).values()


def require_valid(event):
    """What OpenLineage 2-0-2 demands of a run event."""
    assert event["eventType"] in TERMINAL | {"START"}, event
    assert event["schemaURL"] == "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
    assert datetime.fromisoformat(event["eventTime"].replace("Z", "+00:00")).tzinfo, event
    assert str(uuid.UUID(event["run"]["runId"])) == event["run"]["runId"]
    assert event["job"]["namespace"] and event["job"]["name"]
    for dataset in (*event["inputs"], *event["outputs"]):
        assert isinstance(dataset["namespace"], str) and dataset["namespace"], dataset
        assert isinstance(dataset["name"], str) and dataset["name"], dataset
    for facet in facets_of(event):
        assert facet["_producer"] == event["producer"], facet
        assert re.fullmatch(r"https://openlineage\.io/spec/facets/\d+-\d+-\d+/(\w+)\.json#/\$defs/\1", facet["_schemaURL"]), facet
    if event_v2:
        take_by_client(event)


def take_by_client(event):
    """Builds the event of the client's classes, which refuse fields that they do not have or miss."""
    modules = [importlib.import_module(f"openlineage.client.generated.{name}") for name in FACET_MODULES]

    def facets(values):
        made = {}
        for key, facet in values.items():
            name = facet["_schemaURL"].rsplit("/", 1)[1]
            module = next(module for module in modules if hasattr(module, name))
            fields = {field: value for field, value in facet.items() if not field.startswith("_")}
            if name == "ParentRunFacet":
                parse = lambda m, v: {"run": m.RootRun(**v["run"]), "job": m.RootJob(**v["job"])}
                fields = {"run": module.Run(**fields["run"]), "job": module.Job(**fields["job"]), "root": module.Root(**parse(module, fields["root"]))}
            if name == "SchemaDatasetFacet":
                fields = {"fields": [module.SchemaDatasetFacetFields(**field) for field in fields["fields"]]}
            if name == "OwnershipJobFacet":
                fields = {"owners": [module.Owner(**owner) for owner in fields["owners"]]}
            made[key] = getattr(module, name)(**fields)
        return made

    def dataset(kind, value):
        return kind(**{key: facets(part) if key.lower().endswith("facets") else part for key, part in value.items()})

    event_v2.RunEvent(
        eventTime=event["eventTime"],
        producer=event["producer"],
        eventType=event_v2.RunState[event["eventType"]],
        run=event_v2.Run(event["run"]["runId"], facets(event["run"]["facets"])),
        job=event_v2.Job(event["job"]["namespace"], event["job"]["name"], facets(event["job"]["facets"])),
        inputs=[dataset(event_v2.InputDataset, value) for value in event["inputs"]],
        outputs=[dataset(event_v2.OutputDataset, value) for value in event["outputs"]],
    )


FACET_MODULES = (
    "dataset_version_dataset",
    "documentation_job",
    "error_message_run",
    "job_type_job",
    "nominal_time_run",
    "output_statistics_output_dataset",
    "ownership_job",
    "parent_run",
    "processing_engine_run",
    "schema_dataset",
)


class Lineage(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()
        self.home = self.folder / "home"
        (self.home / "dags").mkdir(parents=True)
        (self.home / "dags/ratings.toml").write_text(RATINGS)
        rows = [f"{user},{item},{1 + (user * item) % 5},{1_600_000_000 + user}" for user in range(1, 30) for item in range(1, 12)]
        (self.folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + "\n".join(rows) + "\n")
        (self.folder / "titles.csv").write_text(TITLES + "".join(title(n) for n in range(1, 60)))

    def run_dag(self, dag, conf, *settings):
        config = [word for setting in settings for word in ("--config", setting)]
        return marquee(self.home, *config, "flow", "run", dag, "--conf", json.dumps(conf), "--wait")

    def read_file(self):
        return [json.loads(line) for line in (self.home / "lineage.jsonl").read_text().splitlines()]

    def by_job(self, events):
        """{job: {"START": event, ...}} of events of which each run has one begin and one end."""
        runs = defaultdict(list)
        for event in events:
            require_valid(event)
            runs[event["run"]["runId"]].append(event)
        jobs = {}
        for of_run in runs.values():
            types = [event["eventType"] for event in of_run]
            self.assertEqual((types[0], len(types)), ("START", 2), of_run)
            self.assertIn(types[1], TERMINAL)
            jobs[of_run[0]["job"]["name"]] = dict(zip(("START", "END"), of_run))
        return jobs

    def names(self, datasets):
        return {dataset["name"].removeprefix(f"{self.folder}/"): dataset for dataset in datasets}

    def test_each_task_of_the_master_pipeline_is_told_to_file_and_server(self):
        with Receiver() as receiver:
            done = self.run_dag(
                "netflix_master_pipeline",
                {"source": str(self.folder / "titles.csv")},
                "lineage.file=lineage.jsonl",
                f"lineage.url={receiver.url}",
                "lineage.api_key=secret",
                "lineage.namespace=films",
            )
        self.assertEqual(done.returncode, 0, done.stderr)
        events = self.read_file()
        by_id = lambda event: (event["run"]["runId"], event["eventType"])
        self.assertEqual(sorted(events, key=by_id), sorted(receiver.events, key=by_id))
        self.assertEqual(receiver.keys, {"Bearer secret"})
        jobs = self.by_job(events)
        tasks = json.loads(marquee(self.home, "task", "list", "--json").stdout)
        ran = [dag for dag in jobs if "." not in dag]
        self.assertEqual(sorted(ran), ["netflix_data_analysis", "netflix_data_ingestion", "netflix_data_processing", "netflix_master_pipeline"])
        for task in tasks:
            if task["dag"] in ran:
                self.assertEqual(jobs[f"{task['dag']}.{task['task']}"]["END"]["eventType"], "COMPLETE", task)
        self.assertEqual({event["job"]["namespace"] for event in events}, {"films"})
        clean = jobs["netflix_data_processing.clean_netflix_data"]["END"]
        self.assertEqual(list(self.names(clean["inputs"])), ["home/netflix/data/netflix_titles.csv"])
        cleaned = self.names(clean["outputs"])["home/netflix/data/netflix_titles_cleaned.csv"]
        self.assertEqual(cleaned["outputFacets"]["outputStatistics"]["rowCount"], 59)
        self.assertEqual(cleaned["facets"]["schema"]["fields"][0]["name"], "show_id")
        download = jobs["netflix_data_ingestion.download_netflix_dataset"]["END"]
        self.assertIn("titles.csv", self.names(download["inputs"]))
        master = jobs["netflix_master_pipeline"]["START"]["run"]["runId"]
        parent = clean["run"]["facets"]["parent"]
        self.assertEqual(parent["job"]["name"], "netflix_data_processing")
        self.assertEqual(parent["root"]["run"]["runId"], master)
        self.assertNotIn("secret", (self.home / "lineage.jsonl").read_text())

    def test_tables_have_versions_and_failures_reasons(self):
        done = self.run_dag("ratings", {"folder": str(self.folder)}, "lineage.file=lineage.jsonl")
        self.assertEqual(done.returncode, 1, done.stderr)
        events = self.read_file()
        jobs = self.by_job(events)
        imported = jobs["ratings.import"]["END"]
        self.assertEqual(imported["eventType"], "COMPLETE", marquee(self.home, "flow", "log", "ratings", "import").stdout)
        inputs = self.names(imported["inputs"])
        self.assertIn("ratings.csv", inputs)
        self.assertEqual([data["namespace"] for data in imported["inputs"] if data["name"].endswith("orders.csv")], ["s3://shop"])
        outputs = self.names(imported["outputs"])
        for table in ("bronze/ratings", "silver/ratings", "gold/interactions"):
            facets = outputs[f"home/lake/{table}"]["facets"]
            self.assertEqual(facets["version"]["datasetVersion"], "0", table)
            self.assertTrue(facets["schema"]["fields"][0]["type"], table)
            self.assertNotIn(f"home/lake/{table}", inputs)
        self.assertEqual(outputs["home/lake/silver/ratings"]["outputFacets"]["outputStatistics"]["rowCount"], 29 * 11)
        self.assertEqual(imported["job"]["facets"]["documentation"]["description"], "Ratings in.")
        tries = [event for event in events if event["job"]["name"] == "ratings.fails"]
        self.assertEqual([event["eventType"] for event in tries], ["START", "FAIL", "START", "FAIL"])
        self.assertEqual(len({event["run"]["runId"] for event in tries}), 2)
        self.assertEqual(tries[-1]["run"]["facets"]["errorMessage"]["message"], "exit code 3")
        self.assertEqual([(data["namespace"], data["name"]) for data in tries[-1]["outputs"]], [("postgres://db:5432", "films.public.seen")])
        self.assertNotIn("ratings.after", jobs)
        self.assertEqual(jobs["ratings"]["END"]["eventType"], "FAIL")

    def test_a_kill_of_the_scheduler_loses_no_event(self):
        (self.home / "dags/quick.toml").write_text('[[tasks]]\nid = "a"\ncommand = "true"\n')
        with Receiver() as receiver:
            receiver.status = 503
            settings = (f"lineage.url={receiver.url}",)
            server = Server(self.home, words=("serve", "flow"), settings=settings).__enter__()
            marquee(self.home, "flow", "unpause", "quick")
            server.post("/api/v1/dags/quick/dagRuns", {"dag_run_id": "one"})
            eventually(lambda: server.get("/api/v1/dags/quick/dagRuns/one")[2]["state"] == "success", timeout=30)
            server.kill()
            receiver.status = 201
            with Server(self.home, words=("serve", "flow"), settings=settings):
                eventually(lambda: len(receiver.events) >= 4, timeout=90)
        jobs = self.by_job(receiver.events)
        self.assertEqual(sorted(jobs), ["quick", "quick.a"])

    def test_what_a_server_missed_it_gets_later(self):
        with Receiver() as receiver:
            receiver.status = 503
            settings = (f"lineage.url={receiver.url}",)
            self.run_dag("ratings", {"folder": str(self.folder)}, *settings)
            self.assertEqual(receiver.events, [])
            receiver.status = 201
            self.run_dag("ratings", {"folder": str(self.folder)}, *settings)
        self.by_job(receiver.events)
        runs = [event["eventType"] for event in receiver.events if event["job"]["name"] == "ratings"]
        self.assertEqual(runs, ["START", "FAIL", "START", "FAIL"])


if __name__ == "__main__":
    unittest.main()
