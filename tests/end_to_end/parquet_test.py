#!/usr/bin/env python3
"""Parquet written by pyarrow in many ways: every value, and the verbs that take pictures."""
import itertools
import json
import pathlib
import random
import subprocess
import tarfile
import tempfile
import unittest

from harness import BUILD, pictures, run, run_json, train_words

try:
    import pyarrow as pa
    import pyarrow.parquet as parquet
except ImportError:
    parquet = None

DUMP = BUILD / "tests" / "parquet_dump"


def text_of(value):
    """As Troodon says it: nothing for null, true and false, numbers in decimal, bytes in hexadecimal."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def dump(path):
    done = subprocess.run([str(DUMP), str(path)], capture_output=True, text=True, check=True)
    return {line["name"]: line["values"] for line in map(json.loads, done.stdout.splitlines())}


def mixed_table(rows):
    """Columns of all kinds that are read, with and without nulls, few and many different values."""
    draw = random.Random(rows)
    thin = lambda values: [None if draw.random() < 0.2 else v for v in values]
    few = ["cat", "dog", "", "été"]
    return pa.table({
        "few": pa.array(thin(draw.choice(few) for _ in range(rows))),
        "many": pa.array([f"folder/{draw.randrange(10**9)}.jpg" for _ in range(rows)]),
        "int64": pa.array(thin(draw.randrange(-2**63, 2**63) for _ in range(rows)), pa.int64()),
        "int32": pa.array([draw.randrange(-2**31, 2**31) for _ in range(rows)], pa.int32()),
        "uint32": pa.array([draw.randrange(2**32) for _ in range(rows)], pa.uint32()),
        "uint64": pa.array([draw.randrange(2**64) for _ in range(rows)], pa.uint64()),
        "steps": pa.array(range(rows), pa.int64()),
        "small": pa.array(thin(draw.randrange(8) for _ in range(rows)), pa.int8()),
        "bool": pa.array(thin(draw.random() < 0.3 for _ in range(rows)), pa.bool_()),
        "quarters": pa.array(thin(draw.randrange(-4000, 4000) / 4 + 0.125 for _ in range(rows)), pa.float64()),
        "halves": pa.array([draw.randrange(-4000, 4000) / 4 + 0.125 for _ in range(rows)], pa.float32()),
        "bytes": pa.array(thin(draw.randbytes(draw.randrange(200)) for _ in range(rows)), pa.binary()),
        "nothing": pa.array([None] * rows, pa.string()),
        "list": pa.array([[1, 2], []] * (rows // 2) + [[3]] * (rows % 2), pa.list_(pa.int64())),
    })


@unittest.skipIf(parquet is None, "skipped: pyarrow is missing")
class Values(unittest.TestCase):
    def compare(self, table, path, **options):
        parquet.write_table(table, path, **options)
        seen = dump(path)
        for name in table.column_names:
            if name != "list":
                self.assertEqual(seen[name], [text_of(v) for v in table[name].to_pylist()], f"{name} {options}")

    def test_every_way_to_write_gives_the_same_values(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "t.parquet"
            table = mixed_table(2000)
            for codec, dictionary, version, page in itertools.product(
                    ["none", "snappy", "gzip", "zstd"], [True, False], ["1.0", "2.6"], ["1.0", "2.0"]):
                self.compare(table, path, compression=codec, use_dictionary=dictionary, version=version,
                             data_page_version=page, row_group_size=700, data_page_size=4096)
            deltas = {"int64": "DELTA_BINARY_PACKED", "int32": "DELTA_BINARY_PACKED", "steps": "DELTA_BINARY_PACKED",
                      "many": "DELTA_BYTE_ARRAY", "few": "DELTA_LENGTH_BYTE_ARRAY", "bytes": "DELTA_BYTE_ARRAY",
                      "halves": "BYTE_STREAM_SPLIT", "quarters": "BYTE_STREAM_SPLIT", "uint32": "BYTE_STREAM_SPLIT"}
            self.compare(table, path, use_dictionary=False, column_encoding=deltas)
            for rows in [0, 1, 2, 8, 9]:
                self.compare(mixed_table(rows), path)

    def test_a_large_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "large.parquet"
            rows = 300_000
            table = pa.table({"path": [f"p/{i % 1000}/{i}.jpg" for i in range(rows)],
                              "label": [i * 7 % 1000 for i in range(rows)],
                              "split": ["val" if i % 10 == 0 else "train" for i in range(rows)]})
            self.compare(table, path, row_group_size=100_000)


@unittest.skipIf(parquet is None, "skipped: pyarrow is missing")
class Verbs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="troodon_parquet_"))
        cls.files = sorted((pictures() / "train").rglob("*.*g"))
        cls.labels = [p.parent.name for p in cls.files]
        cls.contents = [p.read_bytes() for p in cls.files]
        names = sorted(set(cls.labels))
        cls.paths = cls.folder / "paths.parquet"
        parquet.write_table(pa.table({"file": [str(p) for p in cls.files], "species": cls.labels, "width": [48] * len(cls.files)}), cls.paths)
        rows = [{"bytes": b, "path": p.name} for b, p in zip(cls.contents, cls.files)]
        features = {"label": {"names": names, "_type": "ClassLabel"}, "image": {"_type": "Image"}}
        table = pa.table({"image": rows, "label": [names.index(n) for n in cls.labels]})
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
        half = len(rows) // 2
        parquet.write_table(table.slice(0, half), cls.folder / "train-00000-of-00002.parquet", row_group_size=10)
        parquet.write_table(table.slice(half), cls.folder / "train-00001-of-00002.parquet", row_group_size=10, use_dictionary=False, compression="zstd")

    def test_a_table_of_paths_is_a_manifest(self):
        seen = run_json("data", "scan", f"{self.paths}?path=file&label=species")
        self.assertEqual(seen["pictures"], len(self.files))
        self.assertEqual(seen["classes"], {n: self.labels.count(n) for n in set(self.labels)})
        self.assertIn("no column 'path'; its columns are file, species, width", run("data", "scan", self.paths, check=4).stderr)

    def test_pictures_within_tables_come_out_as_they_went_in(self):
        out = self.folder / "shards"
        packed = run_json("data", "pack", f"{self.folder}/train-*.parquet", "--out", out)
        self.assertEqual(packed["pictures"], len(self.files))
        members, labels = [], []
        for shard in sorted(out.glob("*.tar")):
            with tarfile.open(shard) as tar:
                for member in tar:
                    content = tar.extractfile(member).read()
                    if member.name.endswith(".json"):
                        labels.append(json.loads(content)["label"])
                    elif not member.name.endswith(".cls"):
                        members.append(content)
        self.assertEqual(members, self.contents)
        self.assertEqual(labels, self.labels)

    def test_pictures_within_tables_cannot_be_split_before_they_are_packed(self):
        done = run("data", "split", f"{self.folder}/train-*.parquet", "--out", self.folder / "split", check=4)
        self.assertIn("have no path; pack them first", done.stderr)

    def test_training_and_features_read_them(self):
        data = f"{self.folder}/train-*.parquet"
        run(*train_words(data, self.folder / "run"), check=0)
        for source, out in [(data, "a.parquet"), (f"{self.paths}?path=file&label=species", "b.parquet")]:
            run("features", "--model", self.folder / "run", "--input", source, "--out", self.folder / out, "--threads", 2, "--progress", "none", check=0)
        a, b = (parquet.read_table(self.folder / name) for name in ["a.parquet", "b.parquet"])
        self.assertEqual(a["feature"].to_pylist(), b["feature"].to_pylist())
        self.assertEqual(a["class"].to_pylist(), self.labels)
        self.assertEqual(a["content_hash"], b["content_hash"])

    def test_null_pictures_are_bad_files_not_the_end(self):
        path = self.folder / "holes.parquet"
        parquet.write_table(pa.table({"image": pa.array([self.contents[0], None, self.contents[1]], pa.binary())}), path)
        seen = run_json("data", "scan", path, check=8)
        self.assertEqual(len(seen["broken"]), 1)
        self.assertIn("holds no picture", json.dumps(seen["broken"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
