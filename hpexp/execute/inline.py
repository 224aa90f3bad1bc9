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
        self._left: list[str] = []
        """The runs of the job in hand whose end has not been told."""

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
            self._left = [run.id for run in job.group.runs]
            for report in arrived:
                if isinstance(report, Finished):
                    self._left = [run_id for run_id in self._left if run_id != report.run_id]
                # Nobody could end what hangs here, so nobody asks for the phase.
                if not isinstance(report, Phase):
                    yield report
            self._jobs.extendleft(reversed(self._alone(job, arrived)))

    def cancel(self, run_id: str) -> list[str]:
        """It has ended already when its messages arrive; what it left is not trained."""
        abandoned = self._left if run_id in self._left else []
        if abandoned:
            self._left = []
        return abandoned

    def close(self) -> None:
        self._jobs.clear()
        self._left = []

    def _alone(self, job: Job, arrived: Sequence[Report]) -> list[Job]:
        """The runs left for a worker whose code nobody has changed: here, for this process."""
        if len(job.group.runs) < 2 or any(isinstance(report, DataWrong) for report in arrived):
            return []
        rest = [run for run in job.group.runs if run.id in self._left]
        return [replace(job, group=Group(job.group.id, "fit", (run,))) for run in rest]


def _train_job() -> Train:
    from hpexp.train.worker import train_job

    return train_job
