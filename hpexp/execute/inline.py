"""Train in this process: for debuggers, notebooks and tests. It imports TensorFlow here."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from hpexp.messages import DataWrong, Finished, Job, Message, Phase, Report
from hpexp.model import Group

Train = Callable[[Job, Callable[[Report], None]], object]


class InlineBackend:
    """Runs each job where it stands; messages of a job arrive when the job has ended.

    `train` is `hpexp.train.worker.train_job`; tests hand in a fake.
    """

    def __init__(self, train: Train | None = None) -> None:
        self._train = train
        self._jobs: deque[Job] = deque()

    def resize(self, workers: int) -> None:
        """One at a time, whatever is asked."""

    def warm(self, workers: int = 1) -> None:
        """TensorFlow is imported here when it is needed."""

    def submit(self, job: Job) -> None:
        self._jobs.append(job)

    def messages(self) -> Iterator[Message | None]:
        train = self._train or _train_job()
        while self._jobs:
            arrived: list[Report] = []
            job = self._jobs.popleft()
            train(job, arrived.append)
            self._jobs.extendleft(reversed(_alone(job, arrived)))
            # Nobody could end what hangs here, so nobody asks for the phase.
            yield from (report for report in arrived if not isinstance(report, Phase))

    def cancel(self, run_id: str) -> None:
        """It has ended already when its messages arrive."""

    def close(self) -> None:
        self._jobs.clear()


def _alone(job: Job, arrived: Sequence[Report]) -> list[Job]:
    """The runs of a job that were left for a worker whose code nobody has changed: here, for this process."""
    if len(job.group.runs) < 2 or any(isinstance(report, DataWrong) for report in arrived):
        return []
    ended = {report.run_id for report in arrived if isinstance(report, Finished)}
    rest = [run for run in job.group.runs if run.id not in ended]
    return [replace(job, group=Group(job.group.id, "fit", (run,))) for run in rest]


def _train_job() -> Train:
    from hpexp.train.worker import train_job

    return train_job
