"""Artifacts of no byte up to a GiB, with names of every kind."""

import hashlib
import os
from pathlib import Path

import mlflow

from support import V3, TrackingTest

NAMES = ["plain.txt", "with blank.txt", "a+b&c=d;e,f.txt", "[x] (y) ~!@$.txt", "'quoted'.txt", "dots..in.name", ".hidden", "n" * 200, "UPPER.PNG"]
WIDE_NAMES = ["Amélie.txt", "千と千尋 🎬.txt"]  # their download is broken off by servers of MLflow 2
BLOCK = os.urandom(1 << 20)


class Artifacts(TrackingTest):
    def setUp(self):
        super().setUp()
        self.run_id = mlflow.start_run().info.run_id

    def write(self, name, megabytes):
        path = self.folder / name
        digest = hashlib.sha256()
        with open(path, "wb") as file:
            for i in range(megabytes):
                block = i.to_bytes(8, "big") + BLOCK[8:]
                file.write(block)
                digest.update(block)
        return path, digest.hexdigest()

    def down(self, path):
        folder = self.folder / "down"
        folder.mkdir(exist_ok=True)
        digest = hashlib.sha256()
        with open(self.client.download_artifacts(self.run_id, path, str(folder)), "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return digest.hexdigest()

    def test_sizes(self):
        for megabytes in (0, 1, 20, 1024):
            with self.subTest(megabytes):
                path, digest = self.write(f"{megabytes}.bin", megabytes)
                mlflow.log_artifact(str(path), "sizes")
                path.unlink()
                self.assertEqual(self.down(f"sizes/{megabytes}.bin"), digest)
        sizes = {file.path: file.file_size for file in self.client.list_artifacts(self.run_id, "sizes")}
        self.assertEqual(sizes, {f"sizes/{m}.bin": m << 20 for m in (0, 1, 20, 1024)})

    def test_names(self):
        for name in NAMES + (WIDE_NAMES if V3 else []):
            with self.subTest(name):
                (self.folder / name).write_bytes(name.encode())
                mlflow.log_artifact(str(self.folder / name), "odd names")
                self.assertEqual(self.down(f"odd names/{name}"), hashlib.sha256(name.encode()).hexdigest())

    def test_a_folder_comes_back_as_it_went(self):
        tree = self.folder / "tree"
        for path in ("x.txt", "sub/y.txt", "sub/deep/er/z.txt"):
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(path)
        mlflow.log_artifacts(str(tree), "tree")
        down = mlflow.artifacts.download_artifacts(run_id=self.run_id, artifact_path="tree", dst_path=str(self.folder / "again"))
        found = sorted(str(path.relative_to(down)) for path in Path(down).rglob("*.txt"))
        self.assertEqual(found, ["sub/deep/er/z.txt", "sub/y.txt", "x.txt"])

    def test_texts_dicts_figures_and_tables(self):
        mlflow.log_text("größer", "words.txt")
        mlflow.log_dict({"films": ["Heat"]}, "films.json")
        for title in ("Heat", "Ran"):
            mlflow.log_table({"title": [title]}, "table.json")
        uri = f"runs:/{self.run_id}"
        self.assertEqual(mlflow.artifacts.load_text(f"{uri}/words.txt"), "größer")
        self.assertEqual(mlflow.artifacts.load_dict(f"{uri}/films.json"), {"films": ["Heat"]})
        self.assertEqual(list(mlflow.load_table("table.json", [self.run_id])["title"]), ["Heat", "Ran"])
