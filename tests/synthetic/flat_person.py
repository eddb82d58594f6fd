"""A stand-in for the renderer: a coloured block as a person, in no time, so that tests are about the files."""

import os
import sys
import time

import cv2
import numpy as np

from mmspd.synthetic.rendered_person import RenderedPerson


def render(seed, index, settings):
    """A block with torso front (2), torso back (1), an eye that no chart covers, and the rest off the body."""
    height, width = settings.size
    rng = np.random.default_rng([seed, index])
    top, left = int(rng.integers(1, height // 4)), int(rng.integers(1, width // 4))
    parts = np.zeros((height, width), np.uint8)
    parts[top : height // 2, left : width - 2] = 2
    parts[height // 2 : height - 3, left : width - 2] = 1
    coarse = np.where(parts > 0, 0, -1).astype(np.int8)
    coarse[top, left], parts[top, left] = 13, 0
    uv = rng.random((height, width, 2), dtype=np.float32) * (parts > 0)[..., None]
    joints = rng.uniform(0, [width - 1, height - 1], (16, 2)).astype(np.float32)
    joints[3] = np.nan
    return RenderedPerson(
        image=rng.integers(0, 256, (height, width, 3), dtype=np.uint8),
        label=np.where(parts > 0, 5 + parts, 0).astype(np.uint8),
        joints=joints,
        occluded=np.arange(16) == 7,
        parts=parts,
        uv=uv,
        coarse=coarse,
        box=np.array([left, top, width - 2, height - 3], np.float32),
        jpeg_quality=int(rng.integers(60, 96)),
    )


def slow(seed, index, settings):
    """As :func:`render`, but slow enough to be killed in the middle."""
    time.sleep(0.2)
    return render(seed, index, settings)


def failing(seed, index, settings):
    """Fails at person 3."""
    if index == 3:
        raise ArithmeticError('no such pose')
    return render(seed, index, settings)


def unreadable(seed, index, settings):
    """Needs a file that is not there."""
    raise FileNotFoundError(2, 'No such file', 'photo.jpg')


def dying(seed, index, settings):
    """The process dies at person 3, as when memory is short."""
    if index == 3:
        os._exit(9)
    return render(seed, index, settings)


def telling(seed, index, settings):
    """Says in an error what a process is like: threads allowed, OpenCV's threads, whether PyTorch is loaded."""
    names = ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS', 'NUMBA_NUM_THREADS')
    told = [*(os.environ.get(name) for name in names), cv2.getNumThreads(), 'torch' in sys.modules]
    raise ArithmeticError(told)
