"""The functions that data pass through in a pipeline, a layer at a time.

``python docs/benchmarks/data_flow.py`` fits ``make_pruning_pipeline()`` and predicts, records every
call from one layer of the package to another, and prints each once in the order of the first call,
with the number of calls. A call from a lower layer to a higher one would be marked.
"""

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import sklearn_prune
from sklearn_prune import make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing

PACKAGE = Path(sklearn_prune.__file__).parent
# Layers on one line know nothing of one another.
LAYERS = [
    ["_typing", "_version", "_threads"],
    ["sensing", "models", "losses"],
    ["datasets"],
    ["objective"],
    ["solvers"],
    ["selection"],
    ["estimators"],
    ["inspection"],
]
LEVEL = {name: level for level, row in enumerate(LAYERS) for name in row}
# Python's own functions for comprehensions and the like, which are steps of their caller.
ANONYMOUS = ("<genexpr>", "<lambda>", "<listcomp>", "<dictcomp>")

Function = tuple[str, str]


def layer_of(path: Path) -> str:
    """The layer that a file of the package belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def calls_of(run: Callable[[], object]) -> Counter[tuple[Function, Function]]:
    """Calls between functions of the package while something runs, in order of the first.

    A function is its layer and its qualified name. Calls that pass through another library, such
    as a function that SciPy minimises, count as calls by the function that called the library.
    """
    calls: Counter[tuple[Function, Function]] = Counter()
    package = str(PACKAGE)

    def function_of(frame) -> Function:
        code = frame.f_code
        return layer_of(Path(code.co_filename)), code.co_qualname.replace(".<locals>", "")

    def is_attribute(frame) -> bool:
        """Whether a property is read: no data pass through it."""
        owner, name = type(frame.f_locals.get("self")), frame.f_code.co_name
        return isinstance(getattr(owner, name, None), property)

    def profile(frame, event: str, argument: object) -> None:
        if event != "call" or not frame.f_code.co_filename.startswith(package):
            return
        if is_attribute(frame):
            return
        caller = frame.f_back
        while caller is not None and not caller.f_code.co_filename.startswith(package):
            caller = caller.f_back
        if caller is not None and frame.f_code.co_name not in ANONYMOUS:
            calls[function_of(caller), function_of(frame)] += 1

    previous = sys.getprofile()
    sys.setprofile(profile)
    try:
        run()
    finally:
        sys.setprofile(previous)
    return calls


def main() -> None:
    X, y, _ = make_matrix_sensing(900, 30, 3, noise=0.1, random_state=0)
    calls = calls_of(lambda: make_pruning_pipeline().fit(X, y).predict(X))
    for (by, called), count in calls.items():
        if by[0] != called[0]:
            mark = "   UPWARDS" if LEVEL[called[0]] > LEVEL[by[0]] else ""
            print(f"{'.'.join(by):58} -> {'.'.join(called):48} {count:5}{mark}")


if __name__ == "__main__":
    main()
