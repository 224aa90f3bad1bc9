"""A new Python process for each run, one after the other; this one imports no TensorFlow."""

import json
import subprocess
import sys
import time

from bench.contenders.job import PeerJob, mark


def main() -> None:
    job = PeerJob.from_arguments()
    for point in job.points():
        began = time.time()
        command = [sys.executable, "-m", "bench.contenders.one_run", *sys.argv[1:], json.dumps(point)]
        subprocess.run(command, check=True)
        mark(job, began)


if __name__ == "__main__":
    main()
