"""What the suites share: a client of the server at MLFLOW_TRACKING_URI, and an experiment for each test."""

import logging
import os
import tempfile
import unittest
import uuid
import warnings
from pathlib import Path

os.environ |= {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet",
               "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true"}

import mlflow  # noqa: E402  (reads the environment)

V3 = int(mlflow.__version__.split(".")[0]) >= 3
warnings.filterwarnings("ignore")
logging.getLogger("mlflow").setLevel(logging.ERROR)


class TrackingTest(unittest.TestCase):
    def setUp(self):
        self.client = mlflow.MlflowClient()
        self.name = f"{self._testMethodName}-{uuid.uuid4().hex[:8]}"
        self.experiment = mlflow.set_experiment(self.name).experiment_id
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(lambda: mlflow.end_run())
        self.folder = Path(folder.name)

    def run_data(self, run):
        return self.client.get_run(run.info.run_id).data

    def refused(self, code, call, *args, **kwargs):
        with self.assertRaises(mlflow.exceptions.MlflowException) as caught:
            call(*args, **kwargs)
        self.assertEqual(caught.exception.error_code, code, str(caught.exception))


def log_model(flavor, model, name, **kwargs):
    """log_model of a flavor, by the name that its parameter has in this client."""
    return flavor.log_model(model, **{"name" if V3 else "artifact_path": name}, **kwargs)
