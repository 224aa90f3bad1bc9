"""Data from files, functions and Keras's downloads."""

from __future__ import annotations

import gzip
import urllib.error
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import pytest
from keras.src.backend import config as keras_backend_config
from keras.src.utils import file_utils
from PIL import Image

from hpexp.errors import DataError
from hpexp.model import DataSpec, ModelSpec, Split
from hpexp.train.data import Arrays, load, prepare
from hpexp.train.data.images import load_images
from hpexp.vocabulary import BUILTIN_DATA, KERAS_DATA
from tests.pictures import CLEAR, COLOUR, DEEP, GREY, animated, encoded, folder_of, turned

pytestmark = [
    pytest.mark.tensorflow,
]

KINDS: tuple[Literal["mlp", "linear", "cnn", "python"], ...] = ("mlp", "linear", "cnn", "python")


def csv(tmp_path: Path, text: str, split: Split | None = None, **options: str) -> Arrays:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    return load(DataSpec("csv", str(path), {"target": "y", **options}, split or Split()))


class TestCsv:
    def test_numbers(self, tmp_path: Path) -> None:
        rows = "".join(f"{i},{i / 2},{'ab'[i % 2]}\n" for i in range(20))
        arrays = csv(tmp_path, "first, second,y\n\n" + rows)
        assert arrays.features == ("first", "second")
        assert arrays.classes == ("a", "b")
        assert arrays.x_train.shape == (12, 2)
        np.testing.assert_allclose(arrays.x_train[:, 0], 2 * arrays.x_train[:, 1])
        np.testing.assert_array_equal(arrays.y_train, arrays.x_train[:, 0] % 2)

    def test_text_columns_become_one_hot(self, tmp_path: Path) -> None:
        rows = "".join(f"{i},{('red', 'green', 'blue')[i % 3]},{i * 1.5}\n" for i in range(30))
        arrays = csv(tmp_path, "size (cm),colour,y\n" + rows)
        assert arrays.task == "regression"
        assert arrays.x_train.shape == (18, 1 + 3)
        words = np.array(["blue", "green", "red"])[(arrays.y_train / 1.5).astype(int) % 3 * -1 + 2]
        expected = np.stack([words == word for word in ("blue", "green", "red")], axis=1)
        np.testing.assert_array_equal(arrays.x_train[:, 1:], expected)

    def test_whole_numbers_of_few_values_are_classes(self, tmp_path: Path) -> None:
        rows = "".join(f"{i},{i % 3 + 5}\n" for i in range(30))
        assert csv(tmp_path, "x,y\n" + rows).classes == ("5", "6", "7")
        assert csv(tmp_path, "x,y\n" + rows, task="regression").task == "regression"

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("x,z\n1,2\n", "has no column y; it has x, z"),
            ("x,y\n", "no rows below its header"),
            ("", "no rows below its header"),
            ("x,y\n1,a\n,b\n2,a\n", "column x: line 3 is empty"),
            ("x,y\n1,a\nnan,b\n2,a\n", "column x: line 3 holds nan"),
            ("x,y\n1,a\n1,b,c\n", "line 3 has 3 cells, the header 2"),
            ("x,y\n1,a\n2,\n", "column y: line 3 is empty, and it is the target"),
            ("y\n1\n2\n", "no column besides the target"),
            ("x,y\n1,a\n2,a\n3,a\n", "only one class, a"),
        ],
    )
    def test_bad_files(self, tmp_path: Path, text: str, message: str) -> None:
        with pytest.raises(DataError, match=message):
            csv(tmp_path, text)

    def test_not_text(self, tmp_path: Path) -> None:
        path = tmp_path / "table.csv"
        path.write_bytes(b"\xff\xfe\x00x")
        with pytest.raises(DataError, match="line 1 is not UTF-8 text"):
            load(DataSpec("csv", str(path), {"target": "y"}))


class TestNpz:
    def save(self, tmp_path: Path, **arrays: Any) -> DataSpec:
        path = tmp_path / "data.npz"
        np.savez(path, **arrays)
        return DataSpec("npz", str(path))

    @pytest.mark.parametrize("shape", [(10, 3), (10, 4, 4), (10, 4, 4, 3), (10, 2, 2, 2, 2)])
    def test_arrays_keep_their_numbers_and_their_shape(self, shape: tuple[int, ...], tmp_path: Path) -> None:
        x = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
        y = np.arange(10) % 2
        arrays = load(replace(self.save(tmp_path, x=x, y=y), split=Split(0.0, 0.0)))
        assert arrays.x_train.shape == shape
        by_bytes = sorted(x.reshape(10, -1).astype(np.float32).tolist())
        assert sorted(arrays.x_train.reshape(10, -1).tolist()) == by_bytes
        assert [("bytes" in note) for note in arrays.notes] == [True] * (len(shape) > 2)

    def test_a_cnn_takes_two_axes_for_an_image_of_one_channel(self, tmp_path: Path) -> None:
        arrays = load(self.save(tmp_path, x=np.ones((10, 4, 5)), y=np.arange(10) % 2))
        shapes = {kind: prepare(arrays, ModelSpec(kind, kind), {}).x_test.shape[1:] for kind in KINDS}
        assert shapes == {"mlp": (20,), "linear": (20,), "cnn": (4, 5, 1), "python": (4, 5)}

    def test_a_finite_number_too_large_for_float32(self, tmp_path: Path) -> None:
        x = np.ones((10, 3))
        x[7, 1] = 1e39
        with pytest.raises(DataError, match=r"example 7 holds 1e\+39, too large for float32"):
            load(self.save(tmp_path, x=x, y=np.arange(10) % 2))

    def test_several_targets(self, tmp_path: Path) -> None:
        arrays = load(self.save(tmp_path, x=np.ones((10, 2)), y=np.random.default_rng(0).random((10, 3))))
        assert arrays.task == "regression"
        assert arrays.problem.outputs == 3

    @pytest.mark.parametrize(
        ("arrays", "message"),
        [
            ({"x": np.ones((4, 2))}, "has no array y; it has x"),
            ({"x": np.ones((4, 2)), "y": np.ones(3)}, "one entry an example"),
            ({"x": np.ones((0, 2)), "y": np.ones(0)}, "there are no examples"),
            ({"x": np.full((5, 2), np.nan), "y": np.arange(5) % 2}, "example 0 holds NaN"),
            ({"x": np.array([["a"], ["b"]]), "y": np.arange(2)}, "not numbers"),
            ({"x": np.ones((90, 2)), "y": np.ones((90, 3, 2))}, r"the target has shape \(90, 3, 2\)"),
            ({"x": np.ones((90, 0)), "y": np.arange(90)}, r"x has shape \(90, 0\), which holds no inputs"),
        ],
    )
    def test_bad_files(self, tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
        with pytest.raises(DataError, match=message):
            load(self.save(tmp_path, **arrays))

    def test_not_an_archive(self, tmp_path: Path) -> None:
        path = tmp_path / "data.npz"
        path.write_text("no")
        with pytest.raises(DataError, match="not a readable NumPy archive"):
            load(DataSpec("npz", str(path)))

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="there is no"):
            load(DataSpec("npz", str(tmp_path / "none.npz")))


class TestImages:
    def test_a_folder_a_class(self, tmp_path: Path) -> None:
        for name, grey in (("dark", 0), ("light", 255)):
            (tmp_path / name).mkdir()
            for index in range(5):
                Image.new("L", (6, 4), grey).save(tmp_path / name / f"{index}.png")
        spec = DataSpec("images", str(tmp_path), {"size": (8, 8), "color": "grayscale"})
        arrays = load(spec)
        assert arrays.x_train.shape == (6, 8, 8, 1)
        assert arrays.classes == ("dark", "light")
        np.testing.assert_allclose(arrays.x_train[:, 0, 0, 0], arrays.y_train)

    def test_they_are_those_of_keras(self, tmp_path: Path) -> None:
        """keras.utils.image_dataset_from_directory, of what it can read; hidden files are left out."""
        kinds = [encoded(COLOUR, "PNG"), encoded(GREY, "PNG"), encoded(CLEAR, "PNG"), encoded(DEEP, "PNG")]
        kinds += [encoded(COLOUR, "JPEG"), turned(), encoded(COLOUR, "BMP"), animated("GIF")]
        files = {f"{'ab'[n % 2]}{'/c' * (n % 3)}/{n}.png": data for n, data in enumerate(kinds * 2)}
        folder = folder_of(tmp_path, files)
        theirs = keras.utils.image_dataset_from_directory(
            str(folder), image_size=(5, 7), batch_size=None, shuffle=False, verbose=False
        )
        expected = [(image.numpy() / 255, int(label)) for image, label in theirs]
        folder_of(tmp_path, {"a/._0.png": b"\0", "b/.ipynb_checkpoints/0.png": kinds[0]})
        raw = load_images(str(folder), {"size": (5, 7)})
        assert raw.y.tolist() == [label for _, label in expected]
        np.testing.assert_array_equal(raw.x, np.stack([image for image, _ in expected]))

    @pytest.mark.parametrize("kind", ["GIF", "BMP", "PNG", "WEBP"])
    def test_grey_images_of_every_kind(self, kind: str, tmp_path: Path) -> None:
        options = {"lossless": True} if kind == "WEBP" else {}
        image = encoded(COLOUR.convert("P") if kind == "GIF" else COLOUR, kind, **options)
        folder = folder_of(tmp_path, {"a/1.png": image, "b/1.png": image})
        raw = load_images(str(folder), {"size": (6, 8), "color": "grayscale"})
        with Image.open(folder / "a" / "1.png") as opened:
            expected = np.asarray(opened.convert("RGB").convert("L"), np.float32) / 255
        np.testing.assert_allclose(raw.x[0, ..., 0], expected, atol=1.01 / 255)

    def test_nothing_there(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="needs a folder of images for each class, but has none"):
            load(DataSpec("images", str(tmp_path)))

    def test_what_cannot_be_decoded_is_named(self, tmp_path: Path) -> None:
        """Its header is that of an image, so that only decoding tells."""
        good, bad = encoded(COLOUR, "JPEG"), encoded(COLOUR, "JPEG")[:-40]
        folder_of(tmp_path, {"a/1.jpg": good, "b/1.jpg": good, "b/2.jpg": bad})
        with pytest.raises(DataError, match=r"b/2\.jpg is no image that can be decoded: jpeg"):
            load(DataSpec("images", str(tmp_path)))


class TestPython:
    def load(self, tmp_path: Path, body: str, **options: int) -> Arrays:
        module = f"own_{abs(hash(body)) % 10**8}"
        (tmp_path / f"{module}.py").write_text(f"import numpy as np\ndef data(n=20):\n{body}")
        return load(DataSpec("python", f"{module}:data", options, folder=str(tmp_path)))

    def test_a_pair(self, tmp_path: Path) -> None:
        arrays = self.load(tmp_path, "    return np.ones((n, 2)), np.arange(n) % 2\n", n=10)
        assert (len(arrays.x_train), len(arrays.x_validation), len(arrays.x_test)) == (6, 2, 2)

    def test_ready_splits_stay(self, tmp_path: Path) -> None:
        body = (
            "    part = lambda n, v: (np.full((n, 2), v), np.arange(n) % 2)\n"
            "    return {'train': part(10, 1), 'test': part(4, 9)}\n"
        )
        arrays = self.load(tmp_path, body)
        assert (len(arrays.x_train), len(arrays.x_validation), len(arrays.x_test)) == (8, 2, 4)
        assert (arrays.x_test == 9).all()
        assert (arrays.x_validation == 1).all()

    @pytest.mark.parametrize(
        ("y", "classes"),
        [
            ("np.arange(n)[:, None] % 2", ("0", "1")),
            ("np.eye(3)[np.arange(n) % 3]", ("0", "1", "2")),
            ("np.where(np.arange(n) % 2, 1, -1)", ("-1", "1")),
            ("(np.arange(n) % 2).astype(object)", ("0", "1")),
            ("np.array(['a', 'b'] * (n // 2), object)", ("a", "b")),
            ("np.array(['1_1', '11'] * (n // 2))", ("11", "1_1")),
            ("np.array([b'a', b'b'] * (n // 2))", ("a", "b")),
            ("[True, False] * (n // 2)", ("False", "True")),
            ("np.array([True, False] * (n // 2), object)", ("False", "True")),
            ("np.array([0.0, 2.0] * (n // 2))", ("0", "2")),
        ],
    )
    def test_what_stands_for_classes(self, y: str, classes: tuple[str, ...], tmp_path: Path) -> None:
        """The first input tells the class; so it does after loading."""
        body = f"    y = {y}\n    i = np.arange(n)\n    return np.stack([i, i], 1), y\n"
        arrays = self.load(tmp_path, body, n=30)
        assert arrays.task == "classification"
        assert arrays.classes == classes
        found: dict[int, set[int]] = {}
        for x, number in zip(arrays.x_train[:, 0], arrays.y_train, strict=True):
            found.setdefault(int(x) % len(classes), set()).add(int(number))
        assert sorted(map(len, found.values())) == [1] * len(classes)

    @pytest.mark.parametrize(
        ("returned", "message"),
        [
            ("np.ones((n, 2)), np.array(['a', None] * (n // 2), object)", "y: example 1 has no value, but"),
            ("np.ones((n, 2)), np.array(['a', 1] * (n // 2), object)", "types int, str are neither"),
            ("np.ones((n, 2)), np.arange(n).astype('M8[D]')", "the target is dates"),
            ("np.ma.masked_equal(np.arange(n), 3)[:, None], np.arange(n) % 2", "3 has a masked value"),
            ("((np.ones((n, 2)), y) for y in (np.arange(n) % 2, ['a'] * n))", "type <U1 follow"),
            ("((np.ones((n, 2)), y) for y in (np.arange(n) % 2, np.eye(n)))", r"\(20,\) and type .* follow"),
            ("np.ones((n, 2)), np.tile([[1, 1, 0], [0, 0, 1]], (n // 2, 1))", "several labels an example"),
            ("[[1, 2], [3]] * (n // 2), np.arange(n)", "x: list is not an array"),
            ("np.array([['a', 1]] * n, object), np.arange(n) % 2", "x: values of the types int, str"),
            ("{'train': (np.ones((n, 2)), np.arange(n) % 2), 'test': (np.ones((4, 2)), list('abab'))}",
             "some splits have text as targets"),
            ("{'train': (np.ones((n, 2)), np.arange(n) % 2), 'test': (np.ones((4, 3)), [0, 1, 0, 1])}",
             r"do not fit together: examples have the shapes train \(2,\), test \(3,\)"),
            ("{'train': (np.ones((n, 2)), np.ones(n)), 'test': (np.ones((4, 2)), np.ones((4, 3)))}",
             r"do not fit together: targets have the shapes train \(\), test \(3,\)"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_learned(self, returned: str, message: str, tmp_path: Path) -> None:
        with pytest.raises(DataError, match=message):
            self.load(tmp_path, f"    return {returned}\n")

    @pytest.mark.parametrize("value", ["3", "{'testing': (1, 2)}", "(1, 2, 3)"])
    def test_other_things_are_refused(self, tmp_path: Path, value: str) -> None:
        with pytest.raises(DataError, match="must"):
            self.load(tmp_path, f"    return {value}\n")


class TestDownloads:
    @pytest.fixture(autouse=True)
    def keras_home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        def offline(*_: object) -> None:
            raise urllib.error.URLError("no network")

        monkeypatch.setattr(keras_backend_config, "_KERAS_DIR", str(tmp_path))
        monkeypatch.setattr(file_utils, "urlretrieve", offline)
        return tmp_path

    @pytest.mark.parametrize("name", KERAS_DATA)
    def test_offline(self, name: str) -> None:
        with pytest.raises(
            DataError, match=f"{name} is not in .* could not be downloaded from https://"
        ) as e:
            load(DataSpec("keras", name))
        assert e.value.hint is not None
        assert all(builtin in e.value.hint for builtin in BUILTIN_DATA)

    def test_fashion_mnist_from_its_cache(self, keras_home: Path) -> None:
        folder = keras_home / "datasets" / "fashion-mnist"
        folder.mkdir(parents=True)
        for name, count in (("train", 50), ("t10k", 10)):
            labels = np.arange(count, dtype=np.uint8) % 10
            images = np.repeat(labels * 25, 28 * 28).astype(np.uint8)
            with gzip.open(folder / f"{name}-labels-idx1-ubyte.gz", "wb") as file:
                file.write(bytes(8) + labels.tobytes())
            with gzip.open(folder / f"{name}-images-idx3-ubyte.gz", "wb") as file:
                file.write(bytes(16) + images.tobytes())
        arrays = load(DataSpec("keras", "fashion_mnist", split=Split(0.2, 0.2)))
        assert (len(arrays.x_train), len(arrays.x_validation), len(arrays.x_test)) == (40, 10, 10)
        assert arrays.x_train.shape[1:] == (28, 28, 1)
        np.testing.assert_allclose(arrays.x_train[:, 5, 5, 0], arrays.y_train * 25 / 255, rtol=1e-6)
        assert np.bincount(arrays.y_validation).tolist() == [1] * 10

    def test_mnist_from_its_cache(self, keras_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(file_utils, "validate_file", lambda *_, **__: True)
        (keras_home / "datasets").mkdir()
        images, labels = np.zeros((20, 28, 28), np.uint8), np.arange(20) % 2
        np.savez(
            keras_home / "datasets" / "mnist.npz",
            x_train=images, y_train=labels, x_test=images[:4], y_test=labels[:4],
        )  # fmt: skip
        arrays = load(DataSpec("keras", "mnist"))
        assert (len(arrays.x_train), len(arrays.x_validation), len(arrays.x_test)) == (16, 4, 4)

    @pytest.mark.parametrize("name", ["cifar10", "cifar100"])
    def test_cifar_labels_are_a_column(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        part = np.zeros((20, 32, 32, 3), np.uint8), (np.arange(20) % 4).reshape(-1, 1)
        monkeypatch.setattr(getattr(keras.datasets, name), "load_data", lambda: (part, part))
        arrays = load(DataSpec("keras", name))
        assert arrays.x_train.shape == (16, 32, 32, 3)
        assert arrays.y_train.shape == (16,)
