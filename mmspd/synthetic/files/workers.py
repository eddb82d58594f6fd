"""Several processes that make people.

Each is a fresh interpreter that knows nothing of the caller's main module, so it works from any script, from a daemon
process and beside threads. It takes indices from its standard input and answers through a pipe of its own; it ends when
its input does, which is also when the caller is killed. OpenCV and BLAS have one thread each: their sums, and so the
pictures, do not depend on the machine's cores, and processes do not get into each other's way.
"""

import json
import os
import selectors
import subprocess
import sys
import traceback
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

import cv2

from mmspd.synthetic.files.person_files import load_renderer, write_person
from mmspd.synthetic.files.tree_plan import TreePlan

__all__ = ['make_people', 'serve']

# A bare package stands in for mmspd, whose front door imports PyTorch: that takes seconds and 300 MB, for nothing here.
_PROGRAM: Final = """
import sys, types
mmspd = types.ModuleType('mmspd')
mmspd.__path__ = [sys.argv[2]]
sys.modules['mmspd'] = mmspd
from mmspd.synthetic.files.workers import serve
serve(int(sys.argv[1]))
"""
_PACKAGE: Final = Path(__file__).resolve().parents[2]
_ONE_THREAD: Final = ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS', 'NUMBA_NUM_THREADS')


def make_people(
    root: Path, plan: TreePlan, indices: Iterable[int], workers: int, renderer: str
) -> Generator[int, None, None]:
    """Make people, each with all its files.

    Args:
        root (Path): The tree; its folders exist.
        plan (TreePlan): What it is to hold.
        indices (Iterable[int]): The persons.
        workers (int): Number of processes; 0 makes them in this process, with its threads.
        renderer (str): 'module:function' that renders a person.

    Yields:
        int: The index of each person, when all its files are there.

    Raises:
        OSError: If a file cannot be written.
        RuntimeError: If a person cannot be made, or a process dies; the message names the person.
    """
    if workers:
        yield from _make_in_processes(root, plan, iter(indices), workers, renderer)
        return
    render = load_renderer(renderer)
    for index in indices:
        try:
            write_person(root, plan, index, render)
        except OSError:
            raise
        except Exception as error:
            raise RuntimeError(_failure(plan, index, error)) from error
        yield index


def _failure(plan: TreePlan, index: int | None, error: Exception) -> str:
    """The message for a person that could not be made; ``index`` is None before the first one."""
    what = 'the renderer' if index is None else f'person {index} of seed {plan.seed}'
    return f'{what}: {type(error).__name__}: {error}'


class _Worker:
    """The caller's side of a process.

    Attributes:
        index: The person that it is making, None between two.
        replies: Its answers, one JSON object a line.
    """

    def __init__(self, job: dict[str, Any]) -> None:
        readable, writable = os.pipe()
        try:
            self._process = subprocess.Popen(
                [sys.executable, '-c', _PROGRAM, str(writable), str(_PACKAGE)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,  # libraries greet there
                pass_fds=(writable,),
                env=_environment(),
                start_new_session=True,  # Ctrl-C is for the caller, who ends it
            )
        except BaseException:
            os.close(readable)
            raise
        finally:
            os.close(writable)
        self.replies: BinaryIO = os.fdopen(readable, 'rb')
        self.index: int | None = None
        self._send(json.dumps(job))

    def _send(self, line: str) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # if it died, its replies tell
            self._process.stdin.write(f'{line}\n'.encode())
            self._process.stdin.flush()

    def start(self, index: int) -> None:
        """Let it make a person."""
        self.index = index
        self._send(str(index))

    def finish(self, plan: TreePlan) -> int:
        """The index of the person that it has made; raises what went wrong."""
        line = self.replies.readline()
        if not line.endswith(b'\n'):
            code = self._process.wait()
            raise RuntimeError(
                f'the process that was making person {self.index} of seed {plan.seed} died '
                f'({_describe_exit(code)}); the others were stopped. Run the same again, with fewer workers if memory '
                'was short: what is complete is kept'
            )
        reply = json.loads(line)
        if 'errno' in reply:
            raise OSError(reply['errno'], reply['strerror'], reply['filename'])
        if 'failure' in reply:
            raise RuntimeError(reply['failure']) from RuntimeError(f'in the process:\n{reply["traceback"]}')
        return reply['index']

    def end(self) -> None:
        """End the process, in the middle of a person if need be."""
        self._process.terminate()
        self._process.wait()
        self.replies.close()
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()


def _environment() -> dict[str, str]:
    """This process's environment, with its import path and one thread."""
    path = os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path)
    return {**os.environ, 'PYTHONPATH': path, **dict.fromkeys(_ONE_THREAD, '1')}


def _describe_exit(code: int) -> str:
    return f'by signal {-code}' if code < 0 else f'with exit code {code}'


def _make_in_processes(
    root: Path, plan: TreePlan, indices: Iterator[int], workers: int, renderer: str
) -> Generator[int, None, None]:
    """See :func:`make_people`."""
    job = {'root': str(root.resolve()), 'plan': plan.to_json(), 'renderer': renderer}
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for _, index in zip(range(workers), indices, strict=False):
            worker = _Worker(job)
            stack.callback(worker.end)
            selector.register(worker.replies, selectors.EVENT_READ, worker)
            worker.start(index)
        while selector.get_map():
            for key, _ in selector.select():
                worker = key.data
                done = worker.finish(plan)
                following = next(indices, None)
                if following is None:
                    selector.unregister(worker.replies)
                else:
                    worker.start(following)
                yield done


def serve(reply_pipe: int) -> None:
    """The process's side: make the people whose indices come in, until there are no more.

    Args:
        reply_pipe (int): File descriptor to answer to.
    """
    cv2.setNumThreads(1)
    replies = os.fdopen(reply_pipe, 'w')
    job = json.loads(sys.stdin.readline())
    root, plan = Path(job['root']), TreePlan.from_json(job['plan'])
    render, index = None, None
    for line in sys.stdin:
        try:
            render = render or load_renderer(job['renderer'])
            index = int(line)
            write_person(root, plan, index, render)
            reply: dict[str, Any] = {'index': index}
        except OSError as error:
            reply = {'errno': error.errno, 'strerror': error.strerror or str(error), 'filename': error.filename}
        except Exception as error:
            reply = {'failure': _failure(plan, index, error), 'traceback': traceback.format_exc()}
        try:
            print(json.dumps(reply, default=str), file=replies, flush=True)
        except BrokenPipeError:  # the caller is gone
            os._exit(1)
