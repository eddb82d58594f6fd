"""TensorFlow variables by name, from a checkpoint of version 1 or 2, or from an ``.npz`` file."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mmspd.surface.archives import ArraySpec, list_arrays, read_arrays

_LARGEST = 8 * 2**30  # bytes, unpacked: JPPNet with the optimiser's copies takes one
_PARTS = re.compile(r'\.(index|meta|data-\d{5}-of-\d{5})$')
_STATE = 'checkpoint'
_LATEST = re.compile(r'^model_checkpoint_path:\s*"([^"]+)"', re.MULTILINE)


class VariableFile(NamedTuple):
    """An opened file.

    Attributes:
        entries (dict[str, ArraySpec]): Type and shape of each variable.
        read (Callable): Called with some of the names, gives their values.
    """

    entries: dict[str, ArraySpec]
    read: Callable[[Iterable[str]], dict[str, np.ndarray]]


def open_variables(source: Path) -> VariableFile:
    """Open a file of variables; nothing in it is executed or unpickled.

    Args:
        source (Path): An ``.npz`` file, or what :func:`checkpoint_prefix` takes.

    Raises:
        FileNotFoundError: There is no such file.
        ImportError: A checkpoint, and TensorFlow is not installed.
        ValueError: The file is damaged, ambiguous, or holds pickled objects.
    """
    return _open_archive(source) if source.suffix == '.npz' else _open_checkpoint(checkpoint_prefix(source))


def checkpoint_prefix(source: Path) -> Path:
    """The path that a checkpoint's files have in common.

    Args:
        source (Path): That path; or one of the checkpoint's files; or the folder, or the list named ``checkpoint`` in
            it, for the latest of the folder.

    Raises:
        FileNotFoundError: No checkpoint is there.
        ValueError: A folder of several checkpoints without a list.
    """
    if source.name == _STATE and source.is_file():
        source = source.parent
    if source.is_dir():
        source = _latest(source)
    prefix = source.with_name(_PARTS.sub('', source.name))
    # Version 1 has one file, of the prefix's own name.
    if not prefix.is_file() and not prefix.with_name(prefix.name + '.index').is_file():
        raise FileNotFoundError(
            f'{source}: expected an .npz file or a TensorFlow checkpoint, but {prefix}.index is missing'
        )
    return prefix


def _latest(folder: Path) -> Path:
    """The prefix of a folder's latest checkpoint."""
    state = folder / _STATE
    named = _LATEST.search(state.read_text(encoding='utf-8', errors='replace')) if state.is_file() else None
    if named:
        # Its list may hold the paths of the machine where it was trained.
        return folder / re.split(r'[/\\]', named.group(1))[-1]
    found = sorted(folder.glob('*.index'))
    if not found:
        raise FileNotFoundError(
            f'{folder}: expected a TensorFlow checkpoint in the folder, but there is no .index file'
        )
    if len(found) > 1:
        raise ValueError(f'{folder}: several checkpoints, name one of {", ".join(path.stem for path in found)}')
    return found[0]


def _open_archive(path: Path) -> VariableFile:
    """An ``.npz`` file."""
    entries = list_arrays(path)
    objects = sorted(name for name, entry in entries.items() if entry.dtype == 'object')
    if objects:
        raise ValueError(
            f'{path}: {", ".join(objects[:5])}: pickled objects, which are not read; expected one plain array for each '
            'variable, as np.savez(path, **arrays_by_name) writes them'
        )
    return VariableFile(entries, lambda names: read_arrays(path, {name: entries[name] for name in names}, _LARGEST))


def _open_checkpoint(prefix: Path) -> VariableFile:
    """A checkpoint, through TensorFlow."""
    try:
        import tensorflow as tf
    except ImportError as error:
        raise ImportError(
            f'{prefix} is a TensorFlow checkpoint, and TensorFlow cannot be imported ({error}). Install it, or write '
            'the variables to an .npz file where it is installed: r = tf.train.load_checkpoint(prefix); '
            'np.savez("variables.npz", **{n: r.get_tensor(n) for n in r.get_variable_to_shape_map()})'
        ) from error
    try:
        reader = tf.train.load_checkpoint(str(prefix))
        dtypes = reader.get_variable_to_dtype_map()
        shapes = reader.get_variable_to_shape_map()
    except Exception as error:  # TensorFlow's errors have no common class with those of a damaged file
        raise ValueError(f'{prefix}: TensorFlow cannot read the checkpoint: {error}') from error
    entries = {name: ArraySpec(dtypes[name].name, tuple(shape)) for name, shape in shapes.items()}

    def read(names: Iterable[str]) -> dict[str, np.ndarray]:
        try:
            return {name: reader.get_tensor(name) for name in names}
        except Exception as error:  # as above: a data file that is cut short
            raise ValueError(f'{prefix}: TensorFlow cannot read the checkpoint: {error}') from error

    return VariableFile(entries, read)
