"""Optuna with its GridSampler and in-memory storage, one process."""

from typing import Any

import optuna

from bench.contenders.job import PeerJob, load
from bench.contenders.training import train


def main() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    job = PeerJob.from_arguments()
    arrays = load(job.data)

    def objective(trial: Any) -> float:
        point = {name: trial.suggest_categorical(name, values) for name, values in job.grid.items()}
        return train(job, arrays, point)

    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.GridSampler(dict(job.grid), seed=0)
    )
    study.optimize(objective, n_trials=len(list(job.points())))
    print(study.best_params, study.best_value)


if __name__ == "__main__":
    main()
