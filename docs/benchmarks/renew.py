"""Run every command of the page of benchmarks, and keep what each prints.

The page is the only list of commands. The output of `docs/benchmarks/NAME.py` goes to
`results/NAME.txt` if the page includes that file, and only when the command has ended without an
error: a run that is stopped leaves whole files, but for the peers, which write theirs as they go.
"""

import argparse
import re
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PAGE = (HERE / "index.md").read_text(encoding="utf-8")

# These take longest. They start first, so that no core waits for them at the end.
LONGEST = ("tables", "peers")


def commands():
    """The commands of the page by the name of their script, the longest first."""
    lines = re.findall(r"^python (docs/benchmarks/(\w+)\.py.*)$", PAGE, re.M)
    found = {name: shlex.split(line) for line, name in lines}
    return {name: found[name] for name in (*LONGEST, *found)}


def run(name, command):
    """One command from the root of the repository. Returns whether it ended without an error."""
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, encoding="utf-8"
    )
    minutes = (time.perf_counter() - begin) / 60
    result = f"results/{name}.txt"
    if done.returncode == 0 and result in PAGE:
        (HERE / result).write_text(done.stdout, encoding="utf-8")
    print(f"{name}: exit {done.returncode}, {minutes:.1f} min", flush=True)
    if done.returncode:
        print(done.stderr, file=sys.stderr, flush=True)
    return done.returncode == 0


def main(at_once):
    with ThreadPoolExecutor(at_once) as pool:
        todo = commands()
        ended = list(pool.map(run, todo.keys(), todo.values()))
    return all(ended)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--at-once", type=int, default=1, help="commands at a time; some start two processes"
    )
    sys.exit(not main(parser.parse_args().at_once))
