"""One run of the grid, for `process_per_run`."""

import json
import os
import sys
from dataclasses import replace

from bench.contenders import common


def main() -> None:
    job = replace(common.PeerJob.from_arguments(), marks=os.devnull)
    print(common.train(job, common.load(job.data), json.loads(sys.argv[3])))


if __name__ == "__main__":
    main()
