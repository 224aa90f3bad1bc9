"""A loop over the grid in one process."""

from bench.contenders import common


def main() -> None:
    job = common.PeerJob.from_arguments()
    arrays = common.load(job.data)
    scores = {common.name(point): common.train(job, arrays, point) for point in job.points()}
    best = max(scores, key=scores.__getitem__)
    print(best, scores[best])


if __name__ == "__main__":
    main()
