"""What train, tune, evaluate and up record, where, and the alias that says which model answers."""

import csv
import io
import json
import tempfile
import unittest
from pathlib import Path

from support import Server, eventually, free_port, marquee

API = "/api/2.0/mlflow"
WORLD = ("--simulate", "users=300", "--simulate", "films=100", "--simulate", "ratings=7000")


class Runs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name) / "home"
        self.run_marquee("import", *WORLD)

    def run_marquee(self, *words):
        done = marquee(self.home, *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def train(self, *words):
        return json.loads(self.run_marquee(*words, "train", "--model", "ials", "--set", "factors=8", "--json"))["run_id"]

    def runs(self, *words):
        return json.loads(self.run_marquee("runs", "list", "--json", *words))

    def test_every_command_leaves_a_run_that_can_be_found_shown_compared_and_exported(self):
        run = self.train()
        self.run_marquee("evaluate", "--model", "ease", "--protocol", "strong-generalization")
        self.run_marquee("tune", "--model", "ease", "--protocol", "strong-generalization", "--trials", "2", "--screen", "0")
        names = [found["info"]["run_name"] for found in self.runs()]
        self.assertEqual(sorted(names), ["evaluate ease", "train ials", "train most-popular", "trial 0", "trial 1", "tune ease"])
        trials = self.runs("--filter", "tags.`mlflow.parentRunId` LIKE '%'", "--order-by", "metrics.ndcg_at_100 DESC")
        self.assertEqual(len(trials), 2)
        shown = self.run_marquee("runs", "show", run[:10])
        for part in ("train ials", "factors", "gold.interactions", "model/model.bin", "finished"):
            self.assertIn(part, shown)
        ids = [trial["info"]["run_id"] for trial in trials]
        differences = json.loads(self.run_marquee("runs", "compare", *ids, "--json"))
        self.assertIn("l2", differences["params"])
        rows = list(csv.DictReader(io.StringIO(self.run_marquee("runs", "export", "--experiment", "marquee"))))
        self.assertEqual(len(rows), 6)
        self.assertEqual({row["params.factors"] for row in rows if row["run_id"] == run}, {"8"})

    def test_what_is_wrong_is_said(self):
        for words, told in (
            (("runs", "show", "abc"), "no run 'abc'"),
            (("runs", "show", "x y"), "ids are hex digits"),
            (("runs", "list", "--filter", "metrics.a >"), "metrics.a >"),
            (("runs", "list", "--experiment", "none"), "no experiment 'none'"),
            (("--config", "tracking.uri=ftp://x", "train", "--model", "ials"), "tracking.uri is no http or https URL"),
        ):
            done = marquee(self.home, *words)
            self.assertNotEqual(done.returncode, 0, words)
            self.assertIn(told, done.stderr)

    def test_work_goes_on_when_nothing_can_be_recorded(self):
        done = marquee(self.home, "--config", f"tracking.uri=http://ada:secret@127.0.0.1:{free_port()}", "train", "--model", "ials")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("the run is not recorded: no answer from http://127.0.0.1:", done.stderr)
        self.assertNotIn("secret", done.stderr)
        self.assertEqual(len(json.loads(self.run_marquee("models", "list", "--json"))), 2)

    def test_nothing_is_recorded_where_nobody_wants_it(self):
        self.train("--config", "tracking.record=false")
        self.assertEqual(self.runs(), [])

    def test_runs_go_to_another_server(self):
        with tempfile.TemporaryDirectory() as other, Server(Path(other), words=("serve", "tracking")) as server:
            run = self.train("--config", f"tracking.uri=http://127.0.0.1:{server.port}")
            data = server.get(f"{API}/runs/get?run_id={run}")[2]["run"]
            self.assertEqual(data["info"]["status"], "FINISHED")
            self.assertIn({"key": "factors", "value": "8"}, data["data"]["params"])
            self.assertEqual(len(data["inputs"]["dataset_inputs"]), 3)
            alias = server.get(f"{API}/registered-models/alias?name=recommender&alias=champion")[2]["model_version"]
            self.assertEqual(alias["run_id"], run)
        self.assertEqual(self.runs(), [])

    def test_serving_follows_the_alias(self):
        first = self.train()
        self.train("--config", "models.min_rating=3")
        with Server(self.home, words=("serve", "recommend")) as serving, Server(self.home, words=("serve", "tracking")) as tracking:
            self.assertEqual(serving.get("/models")[2]["serving"]["champion"], "ials v1")
            versions = tracking.get(f"{API}/model-versions/search")[2]["model_versions"]
            second = next(v["version"] for v in versions if v["run_id"] != first and {"key": "marquee.model", "value": "ials"} in v["tags"])
            tracking.post(f"{API}/registered-models/alias", {"name": "recommender", "alias": "champion", "version": second})
            self.assertTrue(eventually(lambda: serving.get("/models")[2]["serving"]["champion"] == "ials v2", 20))
            self.run_marquee("models", "rollback")
            alias = tracking.get(f"{API}/registered-models/alias?name=recommender&alias=champion")[2]["model_version"]
            self.assertEqual(alias["run_id"], first)

    def test_an_alias_that_was_moved_while_nothing_served_is_followed_at_the_start(self):
        with Server(self.home):
            pass
        self.run_marquee("train", "--model", "ease", "--set", "l2=50")
        with Server(self.home, words=("serve", "tracking")) as tracking:
            versions = tracking.get(f"{API}/model-versions/search")[2]["model_versions"]
            newest = max(versions, key=lambda version: int(version["version"]))
            tracking.post(f"{API}/registered-models/alias", {"name": "recommender", "alias": "champion", "version": newest["version"]})
        wanted = next(f"{tag['value']}" for tag in newest["tags"] if tag["key"] == "marquee.version")
        with Server(self.home) as serving:
            self.assertTrue(eventually(lambda: serving.get("/models")[2]["serving"]["champion"] == f"ease v{wanted}", 20))


if __name__ == "__main__":
    unittest.main()
