"""What a training script does: autologging, nested runs, series of metrics."""

import math
from concurrent.futures import ThreadPoolExecutor

import mlflow
import numpy as np
from mlflow.entities import Metric
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from support import TrackingTest

X = np.array([[0.0, 1.0], [1.0, 0.0], [0.2, 0.9], [0.9, 0.1], [0.1, 0.7], [0.8, 0.3]] * 4)
Y = np.array([0, 1, 0, 1, 0, 1] * 4)


class Training(TrackingTest):
    def test_autolog_of_scikit_learn(self):
        mlflow.sklearn.autolog(log_datasets=True)
        self.addCleanup(lambda: mlflow.sklearn.autolog(disable=True))
        with mlflow.start_run() as run:
            LogisticRegression(C=0.5).fit(X, Y)
        data = self.run_data(run)
        self.assertEqual(data.params["C"], "0.5")
        self.assertGreater(data.metrics["training_score"], 0.9)
        self.assertEqual(data.tags["estimator_name"], "LogisticRegression")
        (dataset,) = self.client.get_run(run.info.run_id).inputs.dataset_inputs
        self.assertEqual({tag.key: tag.value for tag in dataset.tags}, {"mlflow.data.context": "train"})
        model = mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model")
        self.assertEqual(list(model.predict(X[:2])), [0, 1])

    def test_autolog_of_a_search_makes_child_runs(self):
        mlflow.sklearn.autolog(max_tuning_runs=3, log_models=False)
        self.addCleanup(lambda: mlflow.sklearn.autolog(disable=True))
        with mlflow.start_run() as parent:
            GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0, 10.0]}, cv=2).fit(X, Y)
        children = self.client.search_runs([self.experiment], f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
        self.assertEqual(sorted(float(child.data.params["C"]) for child in children), [0.1, 1.0, 10.0])

    def test_runs_nest(self):
        with mlflow.start_run(run_name="outer") as outer:
            for fold in range(3):
                with mlflow.start_run(run_name=f"fold {fold}", nested=True):
                    mlflow.log_metric("rmse", 1 - fold / 10)
        found = self.client.search_runs([self.experiment], f"tags.mlflow.parentRunId = '{outer.info.run_id}'", order_by=["metrics.rmse ASC"])
        self.assertEqual([run.info.run_name for run in found], ["fold 2", "fold 1", "fold 0"])

    def test_a_series_of_metrics_is_kept_whole(self):
        with mlflow.start_run() as run:
            for start in range(0, 3000, 1000):
                self.client.log_batch(run.info.run_id, [Metric("loss", 1 / (step + 1), step, step) for step in range(start, start + 1000)])
            mlflow.log_metrics({"odd": math.nan, "best": 0.5}, step=7)
        history = self.client.get_metric_history(run.info.run_id, "loss")
        self.assertEqual([metric.step for metric in history], list(range(3000)))
        self.assertEqual([metric.value for metric in history], [1 / (step + 1) for step in range(3000)])
        self.assertTrue(math.isnan(self.run_data(run).metrics["odd"]))

    def test_fifty_writers_lose_nothing(self):
        with mlflow.start_run() as run:
            pass

        def write(writer):
            for step in range(4):
                self.client.log_metric(run.info.run_id, f"m{writer % 10}", writer, timestamp=writer, step=step)
            self.client.log_param(run.info.run_id, f"p{writer}", writer)

        with ThreadPoolExecutor(50) as pool:
            list(pool.map(write, range(50)))
        self.assertEqual(sum(len(self.client.get_metric_history(run.info.run_id, f"m{i}")) for i in range(10)), 200)
        self.assertEqual(len(self.run_data(run).params), 50)

    def test_a_param_is_for_good(self):
        with mlflow.start_run() as run:
            mlflow.log_param("alpha", 1)
            self.refused("INVALID_PARAMETER_VALUE", mlflow.log_params, {"beta": 2, "alpha": 2})
        self.assertEqual(self.run_data(run).params, {"alpha": "1"})
