"""One run of the grid, for `process_per_run`."""

import json
import os
import sys
from dataclasses import replace

from bench.contenders.job import PeerJob, load
from bench.contenders.training import train


def main() -> None:
    job = replace(PeerJob.from_arguments(), marks=os.devnull)
    print(train(job, load(job.data), json.loads(sys.argv[3])))


if __name__ == "__main__":
    main()
