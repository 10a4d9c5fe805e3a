"""What `marquee train` and its like record in the server at MLFLOW_TRACKING_URI, seen by its own client."""

import json
import os
import subprocess
import unittest

import mlflow

from support import TrackingTest


@unittest.skipUnless("MARQUEE_PROGRAM" in os.environ, "no MARQUEE_PROGRAM")
class Recording(TrackingTest):
    def marquee(self, *words):
        settings = {"tracking.uri": os.environ["MLFLOW_TRACKING_URI"], "tracking.experiment": self.name, "tracking.model": f"model-{self.name}"}
        config = [word for key, value in settings.items() for word in ("--config", f"{key}={value}")]
        command = [os.environ["MARQUEE_PROGRAM"], "--home", str(self.folder / "home"), *config, *words]
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr.count("not recorded")), (0, 0), done.stderr)
        return done.stdout

    def setUp(self):
        super().setUp()
        self.marquee("import", "--simulate", "users=300", "--simulate", "films=100", "--simulate", "ratings=7000")

    def test_a_training_and_its_model(self):
        run = json.loads(self.marquee("train", "--model", "ials", "--set", "factors=8", "--set", "epochs=4", "--json"))["run_id"]
        data = self.client.get_run(run)
        self.assertEqual((data.info.status, data.data.params["factors"]), ("FINISHED", "8"))
        self.assertEqual(len(self.client.get_metric_history(run, "epoch_seconds")), 4)
        self.assertEqual({i.dataset.name for i in data.inputs.dataset_inputs}, {"gold.interactions", "gold.items", "gold.users"})
        info = mlflow.models.get_model_info(f"runs:/{run}/model")
        self.assertEqual([column.name for column in info.signature.inputs], ["history", "num_recommendations"])
        model = mlflow.models.Model.load(mlflow.artifacts.download_artifacts(f"models:/model-{self.name}@champion"))
        self.assertEqual(model.flavors["marquee"]["model"], "ials")
        example = model.load_input_example(mlflow.artifacts.download_artifacts(f"runs:/{run}/model"))
        self.assertEqual(len(example["history"][0]), 3)

    def test_an_evaluation_and_a_search(self):
        self.marquee("evaluate", "--model", "ease", "--protocol", "strong-generalization")
        self.marquee("tune", "--model", "ease", "--protocol", "strong-generalization", "--trials", "3", "--screen", "0")
        found = mlflow.search_runs(experiment_names=[self.name], filter_string="tags.`marquee.command` = 'evaluate'")
        self.assertGreater(found["metrics.ndcg_at_100"][0], 0)
        self.assertIn("evaluation.json", [file.path for file in self.client.list_artifacts(found["run_id"][0])])
        trials = mlflow.search_runs(experiment_names=[self.name], filter_string="tags.`marquee.trial` = 'finished'")
        search = mlflow.search_runs(experiment_names=[self.name], filter_string="run_name = 'tune ease'")
        self.assertEqual(set(trials["tags.mlflow.parentRunId"]), {search["run_id"][0]})
        self.assertAlmostEqual(max(trials["metrics.ndcg_at_100"]), search["metrics.best"][0])
