"""A loop over the grid in one process."""

from bench.contenders.job import PeerJob, load, name
from bench.contenders.training import train


def main() -> None:
    job = PeerJob.from_arguments()
    arrays = load(job.data)
    scores = {name(point): train(job, arrays, point) for point in job.points()}
    best = max(scores, key=scores.__getitem__)
    print(best, scores[best])


if __name__ == "__main__":
    main()
