"""`marquee flow run netflix_mlops_pipeline` as a process, on ratings and on titles alone."""

import json
import tempfile
import unittest
from pathlib import Path

from support import data_set, marquee

DAG = "netflix_mlops_pipeline"


class MlopsPipeline(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name) / "home"

    def run_pipeline(self, **conf):
        # Machines that test are slow at times; how quick the model answers is not what is tested.
        done = marquee(self.home, "--config", "models.max_ms=10000", "flow", "run", DAG, "--conf", json.dumps(conf), "--wait")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def document(self, name):
        return json.loads((self.home / f"reports/mlops/{name}.json").read_text())

    def test_it_learns_from_ratings(self):
        self.run_pipeline(source=str(data_set("ml-100k")))
        self.assertEqual(self.document("decision")["on"], "ratings")
        self.assertEqual(self.document("features")["matrix"]["ratings"], 100_000)
        rating = self.document("evaluation")["rating_model"]
        rmse = rating["metrics"]["rmse"]["mean"]
        self.assertLess(rmse, 0.93)
        self.assertGreater(rmse, 0.85)  # better than anything published: it would have seen the answers
        for name, baseline in rating["baselines"].items():
            self.assertLess(rmse, baseline["rmse"]["mean"], name)
        self.assertTrue(self.document("registration")["rating_model"]["is_champion"])
        models = {model["role"]: model["model"] for model in json.loads(marquee(self.home, "models", "list", "--json").stdout)}
        self.assertIn(models["champion"], ("ease", "ials"))
        monitor = self.document("monitor")
        self.assertLess(abs(monitor["rating_model"]["metrics"]["rmse"]["mean"] - rmse), 0.15)
        shown = marquee(self.home, "recommend", "--user", "1", "--json")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        # The next day without news: the same versions answer.
        before = (self.home / "artifacts/models/published.json").read_text()
        self.run_pipeline()
        self.assertEqual((self.home / "artifacts/models/published.json").read_text(), before)
        self.assertEqual(self.document("registration")["rating_model"]["why"], "it was registered before")

    def test_without_ratings_it_learns_from_titles(self):
        self.run_pipeline(source=str(data_set("netflix-titles") / "netflix_titles.csv"))
        self.assertEqual(self.document("decision")["on"], "titles")
        evaluation = json.loads((self.home / "netflix/analysis/mlops/evaluation.json").read_text())
        self.assertGreater(evaluation["accuracy"], evaluation["baseline_accuracy"])


if __name__ == "__main__":
    unittest.main()
