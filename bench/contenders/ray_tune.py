"""Ray Tune with two workers of one core each, its own extra loggers off, actors reused."""

import os
from typing import Any

os.environ.update(
    RAY_USAGE_STATS_ENABLED="0",
    TUNE_DISABLE_AUTO_CALLBACK_LOGGERS="1",
    RAY_AIR_NEW_OUTPUT="0",
    RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO="0",
)

import ray
from ray import tune

from bench.contenders.job import PeerJob, load

WORKERS = 2


def trainable(config: dict[str, Any], job: PeerJob, arrays: dict[str, Any]) -> dict[str, float]:
    import tensorflow as tf

    if not tf.config.threading.get_intra_op_parallelism_threads():
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)

    from bench.contenders.training import train

    return {"val_accuracy": train(job, arrays, config)}


def main() -> None:
    job = PeerJob.from_arguments()
    ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False)
    tuner = tune.Tuner(
        tune.with_parameters(trainable, job=job, arrays=load(job.data)),
        param_space={name: tune.grid_search(values) for name, values in job.grid.items()},
        tune_config=tune.TuneConfig(metric="val_accuracy", mode="max", reuse_actors=True),
        run_config=tune.RunConfig(storage_path=job.logs + "-ray", verbose=0),
    )
    best = tuner.fit().get_best_result()
    print(best.config, best.metrics["val_accuracy"])


if __name__ == "__main__":
    main()
