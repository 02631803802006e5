"""One thread of BLAS while a fit runs.

The products of a fit are on blocks that fit the cache, too small for threads of BLAS: two threads
take up to four times the CPU time of one, and no less wall time (``docs/benchmarks/threads.py``).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import scipy.linalg  # noqa: F401 - the controller knows the libraries that are loaded before it.
from threadpoolctl import ThreadpoolController


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS to one thread, and give the caller the former limits back however the block ends.

    Most limits belong to the process: of several blocks that run at once, or inside one another,
    the first to begin sets them and the last to end restores them.
    """
    with _of_process.held(), _of_thread.limit.held():
        yield


class _Limit:
    """A limit of one thread for some libraries, which holds as long as any block asks for it."""

    def __init__(self, libraries: ThreadpoolController) -> None:
        self._libraries = libraries
        self._lock = threading.Lock()
        self._n_blocks = 0
        self._before: Any = None

    @contextmanager
    def held(self) -> Iterator[None]:
        with self._lock:
            if self._n_blocks == 0:
                self._release_control()
                self._before = self._libraries.limit(limits=1, user_api="blas")
            self._n_blocks += 1
        try:
            yield
        finally:
            with self._lock:
                self._n_blocks -= 1
                if self._n_blocks == 0:
                    self._release_control()
                    self._before.restore_original_limits()
                    self._release_control()

    def _release_control(self) -> None:
        """Let the next thread that sets a limit do so.

        From threadpoolctl 3.8 on, OpenBLAS heeds the first thread that set one as long as it lives,
        and others have no effect. Here the first block to begin and the last to end may be in
        different threads, and neither need be that one.
        """
        for library in self._libraries.lib_controllers:
            if hasattr(library, "clear_controlling_thread"):
                library.clear_controlling_thread(force=True)


class _LimitOfThread(threading.local):
    """A `_Limit` for each thread."""

    def __init__(self, libraries: ThreadpoolController) -> None:
        self.limit = _Limit(libraries)


# Made once, since finding the libraries takes 10 ms and setting a limit 15 µs. Libraries that are
# built on OpenMP have a limit for each calling thread, and the others one for the process.
_libraries = ThreadpoolController()
_layers = {getattr(library, "threading_layer", None) for library in _libraries.lib_controllers}
_of_process = _Limit(_libraries.select(threading_layer=[*(_layers - {"openmp"})]))
_of_thread = _LimitOfThread(_libraries.select(threading_layer="openmp"))
