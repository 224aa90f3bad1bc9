"""Experiment files and data that are wrong, each with a part of the message a person must see."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from dataclasses import dataclass, field
from typing import TypeAlias

Files: TypeAlias = dict[str, str | bytes]

HEAD = "data: digits\nmodel: mlp\n"
MAIN = "experiment.yaml"


@dataclass(frozen=True)
class Bad:
    """`files` by their paths below a folder; `main` is the experiment file among them."""

    id: str
    files: Files
    expected: str
    main: str = MAIN
    overrides: tuple[str, ...] = field(default=())


def _text(name: str, text: str | bytes, expected: str, main: str = MAIN, **files: str | bytes) -> Bad:
    return Bad(name, {main: text, **files}, expected, main)


def _body(name: str, text: str, expected: str) -> Bad:
    """What is wrong comes after data and model, from line 3 on."""
    return _text(name, HEAD + text + "\n", expected)


def _csv(name: str, table: str | bytes, expected: str, more: str = "") -> Bad:
    text = f"data: {{csv: t.csv, target: y{more}}}\nmodel: mlp\n"
    return Bad(name, {MAIN: text, "t.csv": table}, expected)


def _npz(name: str, archive: bytes, expected: str, more: str = "") -> Bad:
    text = f"data: {{npz: a.npz{more}}}\nmodel: mlp\n"
    return Bad(name, {MAIN: text, "a.npz": archive}, expected)


def _set(name: str, override: str, expected: str, text: str = HEAD) -> Bad:
    return Bad(name, {MAIN: text}, expected, overrides=(override,))


def npy(descr: str, shape: tuple[int, ...], values: bytes) -> bytes:
    """An array in the format of numpy.lib.format, version 1."""
    header = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + values


def npz(**members: bytes) -> bytes:
    """A NumPy archive of arrays made by `npy`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return buffer.getvalue()


def doubles(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


X = npy("<f8", (4, 1), doubles(1, 2, 3, 4))
Y = npy("<f8", (4,), doubles(0, 1, 0, 1))

_BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

NOT_YAML = [
    _text("empty", "", "the file is empty"),
    _text("blank", "\n\n  \n", "the file is empty"),
    _text("only comments", "# nothing\n", "the file is empty"),
    _text("null", "null\n", "the file is empty"),
    _text("a list at the top", "- data: digits\n", ":1:1: an experiment file is a map"),
    _text("a word at the top", "digits\n", ":1:1: an experiment file is a map"),
    _text("a number at the top", "3\n", "an experiment file is a map"),
    _text("binary", bytes(range(256)), "zero byte"),
    _text("zero bytes", b"data: digits\0\n", ":1:13: a zero byte"),
    _text("an image", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a zero byte: this is not a text file"),
    _text("utf-16", HEAD.encode("utf-16"), "UTF-16"),
    _text("utf-16 big endian", b"\xfe\xff" + HEAD.encode("utf-16-be"), "UTF-16"),
    _text("utf-32", HEAD.encode("utf-32"), "UTF-16 or UTF-32"),
    _text("utf-16 without a mark", HEAD.encode("utf-16-le"), "zero byte"),
    _text("latin-1", "description: caf\xe9\n".encode("latin-1"), ":1:17: byte 0xe9 is not UTF-8"),
    _text("a control character", HEAD + "description: a\x07b\n", ":3:15: the character '\\x07'"),
    _text("an escape sequence", HEAD + "description: \x1b[31mred\n", "the character '\\x1b'"),
    _text("a half surrogate", (HEAD + "name: a").encode() + b"\xed\xa0\x80\n", "is not UTF-8"),
    _text("tab indentation", "data:\n\tcsv: a\nmodel: mlp\n", ":2:1: there is a tab here"),
    _text("a tab among spaces", HEAD + "params:\n  epochs: 1\n\tbatch: 2\n", "there is a tab here"),
    _text("an open bracket", HEAD + "seeds: [1, 2\n", "this is not YAML"),
    _text("an open brace", HEAD + "params: {epochs: 1\n", "this is not YAML"),
    _text("an open quote", HEAD + "name: 'abc\n", "this is not YAML"),
    _text("two colons", "data: digits: x\n", ":1:13: this is not YAML"),
    _text("wrong indentation", HEAD + "params:\n   epochs: 1\n  batch: 2\n", "this is not YAML"),
    _text("a stray bracket", HEAD + "]\n", "this is not YAML"),
    _text("an at sign", HEAD + "name: @x\n", "this is not YAML"),
    _text("a wrong escape", HEAD + 'name: "\\z"\n', "this is not YAML"),
    _text("a YAML version", "%YAML 9.9\n---\n" + HEAD, "this is not YAML"),
    _text("two documents", HEAD + "---\n" + HEAD, ":3:1: a second document"),
    _text("a repeated key", HEAD + "model: cnn\n", ":3:1: model: the key is repeated; it is on line 2"),
    _text("a repeated key below", HEAD + "params: {epochs: 1, epochs: 2}\n", "params.epochs: the key is repeated"),
    _text("a list as a key", "? [a, b]\n: c\n", "a key must be text"),
    _text("a map as a key", "{{a: b}: c}\n", "a key must be text"),
    _text("python object", "!!python/object:os.system {}\n", "the tag !!python/object:os.system is not"),
    _text("python apply", "data: !!python/object/apply:os.system [ls]\n", ":1:7: the tag !!python/object/apply"),
    _text("python name", "data: !!python/name:os.system ''\n", "the tag !!python/name"),
    _text("an own tag", "data: !secret digits\n", "the tag !secret is not allowed"),
    _text("a binary tag", "data: !!binary aGVsbG8=\n", "the tag !!binary is not allowed"),
    _text("a wrong int tag", HEAD + "seeds: !!int three\n", "three"),
    _text("an unknown anchor", "data: *d\n", ":1:7: there is no anchor &d"),
    _text("a list in itself", HEAD + "include: &a [*a]\n", ":3:14: *a refers to itself"),
    _text("a map in itself", HEAD + "params: &a {x: *a}\n", "*a refers to itself"),
    _text("a merge of itself", HEAD + "params: &a {<<: *a}\n", "*a refers to itself"),
    _text("a merge of text", HEAD + "params: {<<: x}\n", "<< wants a map"),
    _text("a million laughs", _BOMB, "once its anchors are expanded"),
    _text("deep lists", "data: " + "[" * 200 + "]" * 200, "nested more than 20 deep"),
    _text("very deep lists", "[" * 100_000, "nested more than 20 deep"),
    _text("deep maps", "{a: " * 50 + "1" + "}" * 50, "nested more than 20 deep"),
    _text("deep indentation", "".join(" " * n + "a:\n" for n in range(100)), "nested more than 20 deep"),
    _text("depth by anchors", "a: &a [[[[[[[[[[1]]]]]]]]]]\nb: &b [[[[[[[[[*a]]]]]]]]]\nc: [[*b]]\n", "deep"),
    _text("a huge file", "#" * 1_000_001, "1,000,001 bytes"),
    _text("many values", HEAD + "seeds: [" + "1, " * 60_000 + "1]\n", "more than 50,000 values"),
]  # fmt: skip

WRONG_KEYS = [
    _text("no data", "model: mlp\n", "the key data is missing"),
    _text("no model", "data: digits\n", "the key model is missing"),
    _text("data without value", "data:\nmodel: mlp\n", "the key data is missing"),
    _body("a list without brackets", "params: {optimizer: 'adam, sgd'}", "a list is written [adam, sgd]"),
    _body("an unknown key", "sedes: 3", ":3:1: sedes: unknown key sedes; did you mean seeds?"),
    _body("a parameter at the top", "epochs: 3", "epochs is a parameter; write it under params"),
    _body("a key of other tools", "repeats: 3", "unknown key repeats; did you mean seeds?"),
    _body("a key of digits", "12: 3", "unknown key 12"),
    _body("on as a key", "on: 3", "unknown key on"),
    _body("an empty key", "'': 3", 'unknown key ""'),
    _body("a key with a line break", '"a\\nb": 3', 'unknown key "a\\nb"'),
    _body("a very long key", f"{'k' * 900}: 3", "unknown key kkk"),
    _body("key of stopping", "early_stopping: {patiense: 3}", "did you mean patience?"),
    _body("key of split", "split: {valid: 0.2}", "did you mean validation?"),
    _body("key of objective", "objective: {metrics: loss}", "did you mean metric?"),
    _body("objective without metric", "objective: {mode: min}", "the key metric is missing"),
    _body("key of tensorboard", "tensorboard: {histogram: 1}", "did you mean histograms?"),
    _body("key of training", "training: {checkpoints: 1}", "unknown key checkpoints"),
    _body("key of limits", "limits: {time: 5m}", "did you mean timeout?"),
    _body("key of resources", "resources: {ram: 4GB}", "allowed: memory, jobs"),
    _body("an optimizer left out", "params: {optimizer: schedulefreeadamw}", "is left out: Keras's forgets the starting weights"),
    _body("another engine", "engine: fast", ":3:9: engine: fast is not one of auto, compiled, fit"),
    _body("split as a list", "split: [0.2, 0.2]", "is not a map with validation, test, seed"),
    _body("split as a number", "split: 0.2", "0.2 is not a map"),
    _body("tensorboard as text", "tensorboard: yes", "yes (text) is not a map"),
    _body("limits as a number", "limits: 3", "3 is not a map"),
    _body("resources as text", "resources: 4GB", "is not a map"),
    _body("params as a list", "params: [1]", "is not a map of parameters"),
    _body("params as text", "params: epochs", "is not a map of parameters"),
    _body("include as text", "include: sgd", "is not a map of parameters"),
    _body("an empty include point", "include: [{}]", "include[0]: an empty point"),
    _body("exclude with an unknown name", "exclude: [{optimzer: sgd}]", "exclude[0].optimzer: unknown parameter"),
    Bad("split twice",
        {MAIN: "data: {name: digits, split: {test: 0.1}}\nmodel: mlp\nsplit: {test: 0.2}\n"},
        "the split is given here and under data",
    ),
    _body("timeout twice", "timeout: 3\nlimits: {timeout: 4}", "timeout is given here and under limits"),
]  # fmt: skip

WRONG_VALUES = [
    _body("name of a number", "name: 3", "3 is not text; put it in quotes"),
    _body("name of a list", "name: [a]", "is not text"),
    _body("description of a flag", "description: true", "true is not text"),
    _body("name with slashes", "name: a/b", "cannot be the name of a log folder"),
    _body("name that climbs", "name: ../../etc/passwd", "cannot be the name of a log folder"),
    _body("name of two dots", "name: ..", "cannot be the name of a log folder"),
    _body("an absolute name", "name: /tmp/x", "cannot be the name of a log folder"),
    _body("a backslash in the name", "name: a\\b", "cannot be the name of a log folder"),
    _body("name with a line break", 'name: "a\\nb"', "cannot be the name of a log folder"),
    _body("name with a final line break", 'name: "a\\n"', "cannot be the name of a log folder"),
    _body("name with quotes", "name: 'a\"b'", "cannot be the name of a log folder"),
    _body("name with a leading dash", "name: -rf", "begin with none of"),
    _body("name with a leading dot", "name: .hidden", "begin with none of"),
    _body("name with a space", "name: a b", "cannot be the name of a log folder"),
    _body("name with a zero byte", 'name: "a\\0b"', "cannot be the name of a log folder"),
    _body("name in Greek", "name: λ", "cannot be the name of a log folder"),
    _body("an empty name", "name: ''", "cannot be the name of a log folder"),
    _body("a very long name", f"name: {'n' * 101}", "101 characters; 100 are allowed"),
    _body("an absurd name", f"name: {'n' * 100_000}", "100000 characters"),
    _body("the name of the store", "name: runs.db", "runs.db is the name of a file that hpexp writes"),
    _text("a file name that will not do", HEAD, "the file's own name will not do", main="a b.yaml"),
    _text("unknown data", "data: digit\nmodel: mlp\n", ":1:7: data: digit is not one of digits"),
    _text("data of a number", "data: 3\nmodel: mlp\n", "3 is neither a data set's name nor a map"),
    _text("data of a list", "data: [digits]\nmodel: mlp\n", "is neither a data set's name nor a map"),
    _text("data without a source", "data: {target: y}\nmodel: mlp\n", "give one of name, csv, parquet, npz, images, python"),
    _text("two sources", "data: {csv: a, npz: b}\nmodel: mlp\n", "csv and npz exclude each other"),
    _text("options of digits", "data: {name: digits, noise: 1}\nmodel: mlp\n", "digits has no noise"),
    _text("classes of moons", "data: {name: moons, classes: 3}\nmodel: mlp\n", "moons has no classes"),
    _text("noise below 0", "data: {name: moons, noise: -1}\nmodel: mlp\n", "-1 is not a number from 0"),
    _text("noise of nothing", "data: {name: moons, noise: null}\nmodel: mlp\n", "null is not a number"),
    _text("too many examples", "data: {name: moons, examples: 1e9}\nmodel: mlp\n", "from 3 to 10000000"),
    _text("blobs of one class", "data: {name: blobs, classes: 1}\nmodel: mlp\n", "from 2 to 1000"),
    _text("unknown model", "data: digits\nmodel: mpl\n", ":2:8: model: mpl is not one of mlp, cnn, linear; did you"),
    _text("model of a number", "data: digits\nmodel: 3\n", "3 is no model"),
    _text("options of mlp", "data: digits\nmodel: {name: mlp, hidden: [1]}\n", "unknown key hidden"),
    _text("no function", "data: digits\nmodel: {python: nets}\n", "nets does not name a function"),
    _text("a path as a function", "data: digits\nmodel: {python: ../nets.py:f}\n", "does not name a function"),
    _text("code as a function", "data: digits\nmodel: {python: 'os:system(1)'}\n", "does not name a function"),
    _text("no module", "data: digits\nmodel: {python: 'no_such_module:f'}\n", "there is no module no_such_module"),
    _text("no data module", "data: {python: 'no_such_module:f'}\nmodel: mlp\n", "data.python: there is no module"),
    _text("a map for a function", "data: digits\nmodel: {python: 'n:f', a: {b: 1}}\n", "model.a", n=""),
    _text("a very long module", f"data: digits\nmodel: {{python: '{'m' * 300}:f'}}\n", "there is no module"),
    _text("a line separator", "data: digits\nmodel: {python: 'a:b\u2028'}\n", "does not name a function"),
    _text("a keyword with a dash", "data: digits\nmodel: {python: 'm:f', a-b: 1}\n", "a-b cannot be a keyword"),
    _body("validation of 1", "split: {validation: 1}", "1 is not a number from 0 to below 1"),
    _body("negative test", "split: {test: -0.1}", "-0.1 is not a number"),
    _body("nothing to train on", "split: {validation: 0.5, test: 0.5}", "leave nothing to train on"),
    _body("split as text", "split: {test: a fifth}", "a fifth (text) is not a number"),
    _body("seed as text", "split: {seed: abc}", "abc (text) is not a whole number"),
    _body("no repeats", "split: {repeats: 0}", "0 is not a whole number from 1 to 1000"),
    _body(
        "nothing to repeat",
        "split: {validation: 0, repeats: 2}",
        ":3:33: split.repeats: each repeat draws another validation split, but validation is 0",
    ),
    _body("no seeds", "seeds: 0", "0 is neither a number of seeds"),
    _body("seeds below 0", "seeds: [0, -1]", "seeds[1]: -1 is not a whole number from 0"),
    _body("half a seed", "seeds: 1.5", "1.5 is neither a number of seeds"),
    _body("seeds as text", "seeds: three", "three (text) is neither"),
    _body("seeds as a flag", "seeds: true", "true is neither"),
    _body("no seed in the list", "seeds: []", "0 seeds; a list needs 1"),
    _body("a repeated seed", "seeds: [1, 1]", "seeds[1]: the seed 1 is repeated"),
    _body("a seed too large", "seeds: [99999999999999999999]", "is not a whole number from 0"),
    _body("seeds without end", "seeds: 1e12", "is neither a number of seeds"),
    _body("a seed of many digits", f"seeds: [{'9' * 290}]", "a very long number is not a whole number"),
    _body("patience as text", "early_stopping: {patience: soon}", "soon (text) is not a whole number from 0"),
    _body("patience below 0", "early_stopping: {patience: -1}", "-1 is not a whole number from 0"),
    _body("yes is text", "early_stopping: {restore_best: yes}", "yes (text) is not true or false"),
    _body("stopping as text", "early_stopping: on", "on (text) is neither true, false nor a map"),
    _body("an unknown monitor", "early_stopping: {monitor: val_los}", "did you mean val_loss?"),
    _body("an unknown objective", "objective: acuracy", ":3:12: objective: acuracy is not one of"),
    _body("a metric of the other task", "objective: val_mae", "val_mae is not a metric of classification"),
    _body("a mode", "objective: {metric: loss, mode: down}", "down is not one of min, max"),
    _body("no such epoch", "objective: {metric: loss, epoch: first}", "first is not one of best, last"),
    _body(
        "metrics of one epoch, weights of another",
        "early_stopping: {restore_best: false}\nobjective: {metric: loss, epoch: best}",
        ":4:34: objective.epoch: best is not the epoch that early_stopping ends with under restore_best: false",
    ),
    _body("objective as a list", "objective: [loss]", "is not a map with metric, mode"),
    _body("an unmeasured objective", "split: {validation: 0}\nobjective: val_loss", "val_loss is never measured"),
    _body("an unmeasured monitor", "split: {validation: 0}\nearly_stopping: true", "val_loss is never measured"),
    _body("graph", "tensorboard: {graph: some}", "some is not one of first, all, none"),
    _body("histograms", "tensorboard: {histograms: -1}", "-1 is not a whole number"),
    _body("save_model as text", "training: {save_model: 'yes'}", "is not true or false"),
    _body("checkpoint_every", "training: {checkpoint_every: often}", "often (text) is not a whole number"),
    _body("a time", "timeout: soon", "soon is not a time; write seconds, or 30s"),
    _body("a time of 0", "limits: {timeout: 0}", "0 is not a time"),
    _body("an infinite time", "timeout: .inf", "inf is not a time"),
    _body("a time without a number", "timeout: m", "m is not a time"),
    _body("retries below 0", "retries: -1", "-1 is not a whole number from 0 to 100"),
    _body("max_failures of 0", "max_failures: 0", "0 is not a whole number from 1"),
    _body("memory", "resources: {memory: lots}", "lots is not an amount of memory"),
    _body("memory in apples", "resources: {memory: 4 apples}", "is not an amount of memory"),
    _body("jobs", "resources: {jobs: 0}", "0 is not a whole number from 1 to 1024"),
]  # fmt: skip

WRONG_PARAMETERS = [
    _body("an unknown parameter", "params: {lerning_rate: 1}", "did you mean learning_rate?"),
    _body("a parameter in capitals", "params: {Epochs: 1}", "unknown parameter Epochs; did you mean epochs?"),
    _body("an unknown optimizer", "params: {optimizer: adm}", ":3:21: params.optimizer: adm is not one of"),
    _body("an optimizer of a number", "params: {optimizer: 1}", "1 is not one of"),
    _body("no optimizer", "params: {optimizer: null}", "null is not allowed; one of"),
    _body("null for none", "params: {normalize: null}", "(write none)"),
    _body("an optimizer in capitals", "params: {optimizer: Adam}", "did you mean adam?"),
    _body("a nested value", "params: {optimizer: {name: sgd}}", "params.optimizer: {name: …} is not one of"),
    _body("an unknown activation", "params: {activation: rellu}", "did you mean relu?"),
    _body("half an epoch", "params: {epochs: 0.5}", "0.5 is not a whole number from 1"),
    _body("no epochs", "params: {epochs: 0}", "0 is not a whole number from 1"),
    _body("epochs as a flag", "params: {epochs: true}", "true is not a whole number"),
    _body("epochs as text", "params: {epochs: ten}", "ten (text) is not a whole number"),
    _body("epochs in quotes", "params: {epochs: '10'}", "10 (text) is not a whole number"),
    _body("a negative rate", "params: {learning_rate: -0.1}", "-0.1 is not a number from 0"),
    _body("an infinite rate", "params: {learning_rate: .inf}", "inf is not a number from 0"),
    _body("NaN as a rate", "params: {learning_rate: .nan}", "nan is not a number from 0"),
    _body("a rate out of range", "params: {learning_rate: 1e999}", "inf is not a number"),
    _body("a rate as a flag", "params: {learning_rate: true}", "true is not a number"),
    _body("a grouped number", "params: {learning_rate: 1_000}", "write 1000"),
    _body("a comma in a number", "params: {learning_rate: '0,1'}", "(text) is not a number"),
    _body("dropout of 1", "params: {dropout: 1}", "1 is not a number from 0 to below 1"),
    _body("momentum above 1", "params: {momentum: 1.5}", "1.5 is not a number from 0 to 1"),
    _body("nesterov as text", "params: {nesterov: no}", "no (text) is not true or false"),
    _body("batch of 0", "params: {batch: 0}", "0 is not full, stochastic, mini or a whole number from 1"),
    _body("a batch mode", "params: {batch: stocastic}", "did you mean stochastic?"),
    _body("half a batch", "params: {batch: 1.5}", "1.5 is not full, stochastic"),
    _body("a layer of 0", "params: {hidden: [64, 0]}", "0 is not a whole number from 1"),
    _body("a layer as text", "params: {hidden: [big]}", "big (text) is not a whole number"),
    _body("lists of layers", "params: {hidden: [[64], [32]]}", "[64] (a list) is not a whole number"),
    _body("too many layers", f"params: {{hidden: [{'8, ' * 200}8]}}", "201 layers are too many"),
    _body("a list outside the grid", "params: {epochs: [1, 2]}", "write grid: {epochs: [1, 2]}"),
    _body("a range outside the grid", "params: {learning_rate: {log: [1, 2], n: 2}}", "is not a number from 0"),
]  # fmt: skip

WRONG_GRIDS = [
    _body("grid as text", "grid: optimizer", "is not a map of axes"),
    _body("a list of text", "grid: [sgd, adam]", "grid[0]: sgd (text) is not a map of axes"),
    _body("an empty axis", "grid: {optimizer: []}", "an axis needs at least one value"),
    _body("a name of other tools", "params: {lr: 1}", "unknown parameter lr; did you mean learning_rate?"),
    _body("seeds in the grid", "grid: {seed: [0, 1]}", "seeds are no parameter; write seeds: 3"),
    _body("an unknown axis", "grid: {optimizr: [sgd]}", "did you mean optimizer?"),
    _body("a wrong value on an axis", "grid:\n  optimizer: [sgd, adm]", ":4:20: grid.optimizer[1]: adm is not one of"),
    _body("two wrong values", "grid: {batch: [0, -1]}", "grid.batch[1]: -1 is not"),
    _body("a wrong block", "grid: [{epochs: [1]}, {epochs: [0]}]", "grid[1].epochs[0]: 0 is not"),
    _body("a list in an axis", "grid: {dropout: [[0.1]]}", "(a list) is not a number"),
    _body("a range without n", "grid: {dropout: {linear: [0, 0.5]}}", "a range needs its ends and n"),
    _body("a range without ends", "grid: {dropout: {n: 3}}", "a range needs its ends and n"),
    _body("a range of one end", "grid: {dropout: {linear: [0], n: 3}}", "is not a pair of numbers"),
    _body("a range of text", "grid: {dropout: {linear: [a, b], n: 3}}", "is not a pair of numbers"),
    _body("a log range from 0", "grid: {learning_rate: {log: [0, 1], n: 3}}", "the ends must be above 0"),
    _body("a range of 0 values", "grid: {dropout: {linear: [0, 0.5], n: 0}}", "n: 0 is not a whole number"),
    _body("a range of many values", "grid: {dropout: {linear: [0, 0.5], n: 1e9}}", "from 1 to 100000"),
    _body("a range of names", "grid: {optimizer: {linear: [0, 1], n: 2}}", "takes a list of values, not a range"),
    _body("a range out of bounds", "grid: {dropout: {linear: [0, 2], n: 3}}", "1.0 is not a number from 0 to below 1"),
    _body("both ranges", "grid: {dropout: {linear: [0, 1], log: [1, 2], n: 3}}", "a range needs its ends and n"),
    _body("a key in a range", "grid: {dropout: {liner: [0, 1], n: 3}}", "did you mean linear?"),
    _body("a zip of text", "grid: {zip: epochs}", "is not a list of axes that move together"),
    _body("a zip of nothing", "grid: {zip: {}}", "no axes under zip"),
    _body("unequal zips", "grid: {zip: {epochs: [1, 2], batch: [8]}}", "epochs has 2, batch has 1"),
    _body("unequal zips in a list", "grid: {zip: [{epochs: [1, 2]}, {batch: [8]}]}", "epochs has 2, batch has 1"),
    _body("an axis in a zip too", "grid: {epochs: [1], zip: {epochs: [2], batch: [1]}}", "epochs is an axis of this"),
    _body("very many problems", f"seeds: [{'x, ' * 40_000}x]", "more problems"),
    _body("very many unknown keys", "".join(f"key{n}: 1\n" for n in range(20_000)), "more problems"),
    _body("very many unknown parameters", "params:\n" + "".join(f"  name{n}: 1\n" for n in range(20_000)), "more problems"),
    _body("very many repeated keys", "seeds: 1\n" * 20_000, "more problems"),
    _body("a huge grid", "grid:\n" + "".join(
        f"  {name}: {{linear: [0, 0.5], n: 1000}}\n" for name in ("dropout", "momentum", "l2", "decay_rate")
    ), "1,000,000,000,000 points are"),
    _body("a grid made huge by seeds", "seeds: 10000\ngrid: {dropout: {linear: [0, 0.5], n: 10000}}",
          "100,000,000 runs; at most 1,000,000"),
]  # fmt: skip

WRONG_DATA = [
    _text("no file", "data: {csv: no.csv, target: y}\nmodel: mlp\n", ":1:13: data.csv: the file"),
    _text("a folder as a file", "data: {csv: ., target: y}\nmodel: mlp\n", "is a folder, not a file"),
    _text("no archive", "data: {npz: no.npz}\nmodel: mlp\n", "does not exist"),
    _text("no folder", "data: {images: no}\nmodel: mlp\n", "does not exist"),
    _text("a file as a folder", f"data: {{images: {MAIN}}}\nmodel: mlp\n", "is a file, not a folder"),
    _text("an escape in a path", 'data: {csv: "\\e[2J\\u202e.csv", target: y}\nmodel: mlp\n', "does not exist"),
    _text("a row in a path", 'data: {csv: "a\\nerror: b", target: y}\nmodel: mlp\n', "does not exist"),
    _text("an empty path", "data: {csv: '', target: y}\nmodel: mlp\n", "is not a path"),
    _text("a very long path", f"data: {{csv: {'p' * 5000}, target: y}}\nmodel: mlp\n", "is not a path"),
    _text("a path with a zero byte", 'data: {csv: "a\\0b", target: y}\nmodel: mlp\n', "is not a path"),
    _text("an unknown home", "data: {csv: ~nobody_/x, target: y}\nmodel: mlp\n", "is not a path"),
    _text("no target", "data: {csv: t.csv}\nmodel: mlp\n", "the key target is missing; it names the column",
          **{"t.csv": "a,y\n1,0\n"}),
    _text("x of a csv", "data: {csv: t.csv, target: y, x: a}\nmodel: mlp\n", "unknown key x", **{"t.csv": "y\n"}),
    _csv("the task", "a,y\n1,0\n", "clasification is not one of", ", task: clasification"),
    _csv("an empty table", "", "has no rows below its header"),
    _csv("only a header", "a,y\n", "has no rows below its header"),
    _csv("no such column", "a,z\n1,2\n2,3\n", "has no column y; it has a, z"),
    _csv("semicolons", "a;y\n1;2\n2;3\n", "has no column y; it has a;y"),
    _csv("an escape in a header", "a\x1b[2J,z\x9b\n1,0\n2,1\n", 'has no column y; it has "a\\u001b[2J"'),
    _csv("no inputs", "y\n1\n0\n", "has no column besides the target"),
    _csv("a ragged row", "a,y\n1,0\n2\n3,1\n", "t.csv: line 3 has 1 cells, the header 2"),
    _csv("a long row", "a,y\n1,0,5\n", "line 2 has 3 cells, the header 2"),
    _csv("an empty cell", "a,y\n1,0\n,1\n", "column a: line 3 is empty"),
    _csv("NaN in a cell", "a,y\n1,0\nNaN,1\n", "column a: line 3 holds NaN; the other one is a number"),
    _csv("infinity in a cell", "a,y\n1,0\ninf,1\n", "column a: line 3 holds inf"),
    _csv("an empty target", "a,y\n1,0\n2,\n", "column y: line 3 is empty"),
    _csv("an empty class", "a,y\n1,cat\n2,\n", "column y: line 3 is empty, and it is the target"),
    _csv("one class", "a,y\n1,0\n2,0\n3,0\n", "there is only one class, 0"),
    _csv("one class as text", "a,y\n1,cat\n2,cat\n", "there is only one class, cat"),
    _csv("text to regress", "a,y\n1,x\n2,y\n3,z\n", "is text, which regression cannot learn", ", task: regression"),
    _csv("two rows", "a,y\n1,0\n2,1\n", "2 examples are too few"),
    _csv("a column twice", "a,a,y\n1,2,0\n2,2,1\n", "two columns named a"),
    _csv("a million columns", "y," + ",".join(map(str, range(999_999))) + "\n1" + ",0" * 999_999 + "\n",
         "1,000,000 columns; at most 50,000"),
    _csv("utf-16 table", "a,y\n1,0\n".encode("utf-16"), "line 1 is not UTF-8"),
    _csv("binary table", bytes(range(256)), "is not UTF-8"),
    _csv("a huge cell", "a,y\n" + "x" * 200_000 + ",0\n1,1\n", "column a: line 2 holds xxxxx"),
    _csv("question marks among numbers", "a,y\n" + "1,0\n2,1\n" * 9 + "?,0\n",
         "column a: line 20 holds ?; the other 18 are numbers"),
    _csv("question marks after a cell of two lines", 'a,b,y\n1,"x\n\ny",0\n\n2,u,1\n3,u,0\n?,v,1\n',
         "column a: line 8 holds ?; the other 3 are numbers"),
    _csv("a number beyond float32", "a,y\n1,0\n1e39,1\n2,0\n", "column a: line 3 holds 1e39, too large for float32"),
    _csv("a number beyond float64", "a,y\n1,0\n1e999,1\n2,0\n", "column a: line 3 holds 1e999, too large for float32"),
    _csv("a short row that ends in text", "a,y,b\n1,0,u\n2,1\n3,0,v\n", "line 3 has 2 cells, the header 3"),
    _csv("a quote that does not end", 'a,y\n1,0\n"2,1\n3,0\n', "is not a CSV file: after line 2"),
    _csv("text after a quote", 'a,y\n1,0\n"2"x,1\n', "is not a CSV file: after line 2"),
    _csv("a quote in a cell without quotes", 'a,y\n"1",0\n5",1\n2,1\n', "line 3 has a quote in a cell that is not in"),
    _csv("no such column to drop", "a,y\n1,0\n2,1\n", "has no column b, which drop names; it has a, y", ", drop: b"),
    _csv("no such category", "a,y\n1,0\n2,1\n", "no column b, which categorical names", ", categorical: [a, b]"),
    _csv("the target dropped", "a,y\n1,0\n2,1\n", "the target y cannot be dropped", ", drop: [y]"),
    _csv("everything dropped", "a,y\n1,0\n2,1\n", "has no column besides the target", ", drop: [a]"),
    _csv("one sign for two", "a,y\n", "delimiter and decimal are both ,", ', decimal: ","'),
    _csv("a long delimiter", "a,y\n", ":: (text) does not separate cells", ', delimiter: "::"'),
    _csv("a Parquet file as csv", b"PAR1....", "t.csv is a Parquet file"),
    _csv("half a gzip file", gzip.compress(b"a,y\n1,0\n" * 99)[:-20], "t.csv cannot be unpacked"),
    _csv("no value in a column", "a,b,y\n,1,0\n,2,1\n,3,0\n", "column a is empty"),
    Bad("a csv file as Parquet", {MAIN: "data: {parquet: t.csv, target: y}\nmodel: mlp\n", "t.csv": "a,y\n1,0\n"},
        "is not a readable Parquet file"),
    _npz("text as an archive", b"hello", "is not a readable NumPy archive"),
    _npz("an empty archive", b"", "is not a readable NumPy archive"),
    _npz("half an archive", npz(x=X, y=Y)[:100], "is not a readable NumPy archive"),
    _npz("an archive of nothing", npz(), "has no array x; it has none"),
    _npz("no y", npz(x=X), "has no array y; it has x"),
    _npz("another x", npz(x=X, y=Y), "has no array inputs; it has x, y", ", x: inputs"),
    _npz("no array", npz(x=b"hello", y=Y), "x is not a NumPy array"),
    _npz("a broken header", npz(x=X.replace(b"shape", b"shap\0"), y=Y), "is not a NumPy array that can be read"),
    _npz("code in a header", npz(x=X.replace(b"(4, 1)", b"exit()"), y=Y), "is not a NumPy array that can be read"),
    _npz("unequal lengths", npz(x=X, y=npy("<f8", (3,), doubles(0, 1, 0))), "x has shape (4, 1) and y (3,)"),
    _npz("no examples", npz(x=npy("<f8", (0, 1), b""), y=npy("<f8", (0,), b"")), "there are no examples"),
    _npz("text as inputs", npz(x=npy("<U1", (4, 1), b"a\0\0\0" * 4), y=Y), "the inputs are <U1, not numbers"),
    _npz("objects", npz(x=npy("|O", (4, 1), b"...."), y=Y), "holds Python objects"),
    _npz("NaN in x", npz(x=npy("<f8", (4, 1), doubles(1, 2, float("nan"), 4)), y=Y), "x: example 2 holds NaN or infinity"),
    _npz("too large a number in x", npz(x=npy("<f8", (4, 1), doubles(1, 2, 1e39, 4)), y=Y),
         "x: example 2 holds 1e+39, too large for float32"),
    _npz("NaN in y", npz(x=X, y=npy("<f8", (4,), doubles(0, 1, 0, float("nan")))), "the target of example 3 holds NaN"),
    _npz("one class in y", npz(x=X, y=npy("<f8", (4,), doubles(1, 1, 1, 1))), "there is only one class, 1"),
    _npz("values that end early", npz(x=X, y=npy("<f8", (4,), doubles(0, 1))), "ends early"),
    _npz("class targets in columns", npz(x=X, y=npy("<f8", (4, 2), doubles(*range(8)))), "class targets need one column",
         ", task: classification"),
    _npz("targets of three axes", npz(x=X, y=npy("<f8", (4, 2, 1), doubles(*range(8)))), "the target has shape (4, 2, 1)"),
    _npz("several labels an example", npz(x=X, y=npy("<f8", (4, 2), doubles(1, 1, 0, 1, 1, 0, 0, 0))), "several labels an example"),
    _npz("one-hot rows of one class", npz(x=X, y=npy("<f8", (4, 2), doubles(*[0, 1] * 4))), "only one class, column 1 of 2"),
    _npz("dates as targets", npz(x=X, y=npy("<M8[D]", (4,), struct.pack("<4q", 1, 2, 3, 4))), "the target is dates"),
    _npz("an unknown type of target", npz(x=X, y=npy("<q9", (4,), bytes(36))), "is not a NumPy array that can be read"),
    _npz("too few for the split", npz(x=npy("<f8", (2, 1), doubles(1, 2)), y=npy("<f8", (2,), doubles(0, 1))),
         "2 examples are too few"),
    Bad("images without classes", {MAIN: "data: {images: i}\nmodel: cnn\n", "i/a.png": b""}, "but has none"),
    Bad("images of one class", {MAIN: "data: {images: i}\nmodel: cnn\n", "i/a/a.png": b""}, "only one, a"),
    Bad("a class without images", {MAIN: "data: {images: i}\nmodel: cnn\n", "i/a/a.png": b"", "i/b/b.txt": b""},
        "holds no images"),
    Bad("an empty image", {MAIN: "data: {images: i}\nmodel: cnn\n", "i/a/a.png": b"", "i/b/b.png": b""},
        "i/a/a.png is empty"),
    Bad("text as an image", {MAIN: "data: {images: i}\nmodel: cnn\n", "i/a/a.png": b"no", "i/b/b.png": b""},
        "i/a/a.png is not a JPEG, PNG, GIF or BMP image"),
    Bad("half an image", {MAIN: "data: {images: i}\nmodel: cnn\n", "i/a/a.png": b"\x89PNG\r\n\x1a\n\0\0", "i/b/b.png": b""},
        "i/a/a.png ends early"),
    Bad("a size", {MAIN: "data: {images: i, size: [1, 2, 3]}\nmodel: cnn\n", "i/a": b""}, "is not a size"),
    Bad("a color", {MAIN: "data: {images: i, color: sepia}\nmodel: cnn\n", "i/a": b""}, "rgb, grayscale"),
]  # fmt: skip

WRONG_OVERRIDES = [
    _set("no equals sign", "epochs", "write key=value"),
    _set("an escape in a value", 'optimizer="\\e[2J"', "is not one of"),
    _set("an escape in a key", "\x1b[2J=1", "unknown key"),
    _set("no key", "=3", "write key=value"),
    _set("an unknown key to set", "epoch=3", "--set epoch=3: unknown key epoch; did you mean epochs?"),
    _set("an unknown path", "foo.bar=3", "unknown key foo"),
    _set("an unknown key below", "early_stopping.patienc=3", "--set early_stopping.patienc=3: unknown key"),
    _set("a wrong value", "epochs=x", "--set epochs=x: params.epochs: x (text) is not a whole number from 1"),
    _set("a wrong axis", "grid.optimizer=[sgd,adm]", "grid.optimizer[1]: adm is not one of"),
    _set("a value that is not YAML", "epochs=[1", "this is not YAML"),
    _set("a tag", "name=!!python/name:os.system", "is not allowed"),
    Bad("a path through text", {MAIN: HEAD + "name: abc\n"}, "name is abc (text), which has no keys",
        overrides=("name.x=1",)),
    _set("a block out of range", "grid[3].epochs=[1]", "is a list of 1 entries", HEAD + "grid: [{epochs: [2]}]\n"),
    _set("no block named", "grid.epochs=[1]", "name one, such as grid[0].epochs", HEAD + "grid: [{epochs: [2]}]\n"),
    _set("an index of a map", "params[0]=1", "params is not a list", HEAD + "params: {}\n"),
    _set("a climbing name", "name=../x", "--set name=../x: "),
    _set("a very deep key", "a." * 50 + "b=1", "at most 10 are allowed"),
    _set("a surrogate in an override", "name=a\udc80", "only printable text is allowed"),
    _set("a line separator in an override", "seeds=\u2028x", "is neither a number of seeds"),
    _set("a very long override", "name=" + "n" * 20_000, "write key=value"),
]  # fmt: skip

BAD_INPUTS = [
    *NOT_YAML,
    *WRONG_KEYS,
    *WRONG_VALUES,
    *WRONG_PARAMETERS,
    *WRONG_GRIDS,
    *WRONG_DATA,
    *WRONG_OVERRIDES,
]
