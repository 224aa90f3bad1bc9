"""KerasTuner's GridSearch. It saves the weights of each run's best epoch, which cannot be turned off."""

import time
from typing import Any

from bench.contenders.job import PeerJob, batch_size, load, mark  # isort: skip
from bench.contenders.training import build, fit_options, tensorboard  # isort: skip

import keras_tuner


def main() -> None:
    job = PeerJob.from_arguments()
    arrays = load(job.data)
    # Choices must be of one type.
    grid = dict(job.grid)
    grid["batch"] = [batch_size(arrays, {"batch": value}) for value in grid["batch"]]

    class Grid(keras_tuner.HyperModel):  # type: ignore[misc]
        def build(self, hp: Any) -> Any:
            self.began = time.time()
            return build(job, arrays, {name: hp.Choice(name, values) for name, values in grid.items()})

        def fit(self, hp: Any, model: Any, **options: Any) -> Any:
            history = model.fit(**{**fit_options(job, arrays, hp.values), **options})
            mark(job, self.began)
            return history

    tuner = keras_tuner.GridSearch(
        Grid(),
        objective="val_accuracy",
        max_trials=None,
        directory=job.logs + "-tuner",
        project_name="grid",
        overwrite=True,
    )
    tuner.search(callbacks=[tensorboard(job.logs)], verbose=0)
    print(tuner.get_best_hyperparameters()[0].values)


if __name__ == "__main__":
    main()
