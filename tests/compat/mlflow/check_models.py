"""Models: logged, loaded by each of their names, and the life of a registered one."""

import mlflow
import numpy as np
from sklearn.linear_model import LinearRegression

from support import V3, TrackingTest, log_model

X = np.array([[1.0], [2.0], [3.0]])
MODEL = LinearRegression().fit(X, 2 * X.ravel())


class Models(TrackingTest):
    def setUp(self):
        super().setUp()
        self.model = f"model-{self.name}"

    def log(self):
        with mlflow.start_run() as run:
            info = log_model(mlflow.sklearn, MODEL, "net", registered_model_name=self.model)
        return run.info.run_id, info

    def check_doubles(self, uri):
        self.assertAlmostEqual(float(mlflow.pyfunc.load_model(uri).predict(X)[1]), 4.0)

    def test_a_model_is_loaded_by_every_name_it_has(self):
        run_id, info = self.log()
        self.client.set_registered_model_alias(self.model, "champion", "1")
        self.client.transition_model_version_stage(self.model, "1", "Production")
        for uri in (info.model_uri, f"runs:/{run_id}/net", f"models:/{self.model}/1", f"models:/{self.model}/latest",
                    f"models:/{self.model}/Production", f"models:/{self.model}@champion"):
            with self.subTest(uri):
                self.check_doubles(uri)

    def test_versions_stages_aliases_and_tags(self):
        run_id, _ = self.log()
        self.assertEqual(str(mlflow.register_model(f"runs:/{run_id}/net", self.model, tags={"again": "yes"}).version), "2")
        self.client.transition_model_version_stage(self.model, "1", "Production")
        self.client.transition_model_version_stage(self.model, "2", "Production", archive_existing_versions=True)
        latest = {version.current_stage: str(version.version) for version in self.client.get_latest_versions(self.model)}
        self.assertEqual(latest, {"Production": "2", "Archived": "1"})
        self.client.set_registered_model_alias(self.model, "champion", "1")
        self.client.set_registered_model_alias(self.model, "champion", "2")
        self.assertEqual(str(self.client.get_model_version_by_alias(self.model, "champion").version), "2")
        self.client.set_model_version_tag(self.model, "2", "checked", "yes")
        self.client.update_model_version(self.model, "2", "better")
        version = self.client.get_model_version(self.model, "2")
        self.assertEqual((version.description, version.tags, version.aliases), ("better", {"again": "yes", "checked": "yes"}, ["champion"]))
        found = self.client.search_model_versions(f"name = '{self.model}' and tags.checked = 'yes'")
        self.assertEqual([str(version.version) for version in found], ["2"])

    def test_a_registered_model_is_renamed_and_deleted(self):
        self.log()
        self.client.update_registered_model(self.model, "of films")
        self.client.set_registered_model_tag(self.model, "use", "rank")
        renamed = f"{self.model}-b"
        self.client.rename_registered_model(self.model, renamed)
        (found,) = self.client.search_registered_models(f"name = '{renamed}' and tags.use = 'rank'")
        self.assertEqual(found.description, "of films")
        self.check_doubles(f"models:/{renamed}/1")
        self.client.delete_model_version(renamed, "1")
        self.client.delete_registered_model(renamed)
        self.refused("RESOURCE_DOES_NOT_EXIST", self.client.get_registered_model, renamed)

    def test_a_version_is_copied(self):
        self.log()
        copy = self.client.copy_model_version(f"models:/{self.model}/1", f"{self.model}-copy")
        self.check_doubles(f"models:/{copy.name}/{copy.version}")

    def test_logged_models_are_found_by_what_they_scored(self):
        if not V3:
            self.skipTest("clients of MLflow 2 have none")
        for score in (0.1, 0.9):
            with mlflow.start_run():
                info = log_model(mlflow.sklearn, MODEL, f"net{score}")
                mlflow.log_metric("recall", score, model_id=info.model_id)
        (best,) = mlflow.search_logged_models([self.experiment], "metrics.recall > 0.5", output_format="list")
        self.assertEqual(best.name, "net0.9")
        ordered = mlflow.search_logged_models([self.experiment], order_by=[{"field_name": "metrics.recall", "ascending": True}], output_format="list")
        self.assertEqual([model.name for model in ordered], ["net0.1", "net0.9"])
