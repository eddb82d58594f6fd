"""``PersonDataset``: what all data sets of persons have in common; each one adds its own files.

An entry is a dict of one person:

* ``img_id``, ``img_path``; ``label_set``, a name in :data:`mmspd.anatomy.LABEL_SETS`;
* ``seg_map_path``, the label map, or None;
* ``keypoints`` float32 (1, 16, 2), ``keypoints_visible`` float32 (1, 16) 1 where annotated, ``keypoints_occluded`` bool
  (1, 16);
* ``bbox`` float32 (1, 4) x1, y1, x2, y2, or None; ``surface`` a dict of
  :mod:`mmspd.datasets.files.densepose_file`, or None;
* only where the picture shows more than the person: ``crop`` (x0, y0, x1, y1) whole pixels, to which it is cut when
  loaded. Joints, box and surface are in the *crop's* coordinates, files hold the whole picture;
* only where they are known: ``picture_size`` (H, W) that the file must have; ``human_map_path``, a map of numbers of
  persons, and ``human_id``, this one's number: labels of the others become background.
"""

import logging
import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import numpy as np
from mmengine.dataset import BaseDataset
from mmengine.logging import print_log

from mmspd.anatomy import JOINTS, NUM_JOINTS, SURFACE_PARTS, label_set
from mmspd.datasets.files.problems import Report, tolerating
from mmspd.registry import TRANSFORMS
from mmspd.utils.safe_paths import inside

__all__ = ['PersonDataset', 'metainfo_of', 'no_joints', 'person_entry']

Item = TypeVar('Item')


def metainfo_of(name: str) -> dict[str, Any]:
    """A data set's meta information: ``classes``, ``palette`` of a label set, ``joints``, ``surface_parts``."""
    labels = label_set(name)
    return {
        'label_set': labels.name,
        'classes': labels.classes,
        'palette': [list(colour) for colour in labels.palette],
        'joints': JOINTS,
        'surface_parts': SURFACE_PARTS,
    }


def no_joints() -> dict[str, np.ndarray]:
    """The three entries of a person without annotated joints."""
    return {
        'keypoints': np.zeros((1, NUM_JOINTS, 2), dtype=np.float32),
        'keypoints_visible': np.zeros((1, NUM_JOINTS), dtype=np.float32),
        'keypoints_occluded': np.zeros((1, NUM_JOINTS), dtype=bool),
    }


def person_entry(img_id: str, img_path: str | Path, labels: str, **known: Any) -> dict[str, Any]:
    """An entry of the module's docstring, without annotation but for what is ``known``.

    Args:
        img_id (str): The person's name, unique in the data set, without folders.
        img_path (str | Path): The picture.
        labels (str): Name of the label set.
        **known: Further entries.
    """
    entry = {'img_id': img_id, 'img_path': str(img_path), 'label_set': labels, 'seg_map_path': None}
    return {**entry, 'bbox': None, 'surface': None, **no_joints(), **known}


class PersonDataset(BaseDataset):
    """Samples of one person each.

    An item is asked for by ``index`` or by ``(seed, epoch, index)``, as :class:`ResumableSampler` yields it, with any
    whole numbers before the index. The sample's random generator, ``results['rng']``, the only source of chance in the
    pipeline, is seeded

    * for ``(seed, epoch, index)`` by these three: the sample is the same for any number of workers and after
      resuming;
    * for ``index`` in training from numpy's global state, which mmengine seeds in each worker;
    * for ``index`` in ``test_mode`` by (0, 0, index).

    An error in the pipeline is raised as RuntimeError naming sample and file; no other sample is fetched instead.

    A data set derived from it has ``METAINFO`` and ``NAME``, and overrides ``load_data_list`` and :meth:`layout`.

    Args:
        data_root (str): The data set's folder.
        on_missing (str): What becomes of a listed sample whose file is missing: 'error', or 'skip', which
            logs how many there are. Defaults to 'error'.
        pipeline (Sequence[dict | Callable]): Transforms, built or as configs.
        **kwargs: ``indices``, ``serialize_data``, ``lazy_init``, ``test_mode``, ``metainfo`` of
            mmengine's ``BaseDataset``.

    Raises:
        ValueError: If ``on_missing`` is neither.
    """

    METAINFO: dict[str, Any] = metainfo_of('lip')
    NAME = 'the data set'
    # The number from which its files count pixels; entries count from 0.
    COORDINATE_BASE = 0
    # Whether ``img_id`` is COCO's number of the image, an underscore, and that of the annotation.
    NAMED_BY_COCO = False
    # A validator sets it: takes 'annotation', 'file-missing' or 'incomplete' and a message. Then load_data_list tells
    # of everything that is wrong, one by one, and leaves it out, where otherwise the first would be raised.
    problems: Callable[[str, str], None] | None = None

    def __init__(
        self, data_root: str, on_missing: str = 'error', pipeline: Sequence[dict | Callable] = (), **kwargs: Any
    ) -> None:
        if on_missing not in ('error', 'skip'):
            raise ValueError(f"on_missing is 'error' or 'skip', got {on_missing!r}")
        self.on_missing = on_missing
        # mmengine would look them up in its own registry, which knows ours only while a default scope is set.
        steps = [TRANSFORMS.build(step) if isinstance(step, dict) else step for step in pipeline]
        super().__init__(data_root=str(data_root), data_prefix={}, pipeline=steps, **kwargs)

    def layout(self) -> str:
        """The files as they are expected, for messages: lines that start at ``data_root``."""
        raise NotImplementedError

    def require(self, path: Path, without: str = '') -> Path:
        """``path`` if it exists.

        Args:
            path (Path): File or folder of the data set.
            without (str): The argument that does without it, for the message.

        Raises:
            FileNotFoundError: If it does not; the message shows the layout and a way on.
        """
        if path.exists():
            return path
        remedy = f'\nWithout it: {without}.' if without else ''
        raise FileNotFoundError(
            f'{path} is missing. {self.NAME} is expected as\n{self.layout()}\n'
            f'Get {self.NAME} and set data_root to its folder, or run `make demo`, which makes its own data.{remedy}'
        )

    def keep_present(
        self, items: Sequence[Item], folder: Path, name_of: Callable[[Item], str], listed: str, what: str
    ) -> list[Item]:
        """Items that have a file in ``folder``; the others are an error, or counted and left out.

        Folders are listed once: a look at each of 30,000 files takes minutes on a network disk.

        Args:
            items (Sequence): Anything, at least one.
            folder (Path): Where their files are.
            name_of (Callable): The file's name of an item, relative to ``folder``.
            listed (str): What the items are, for messages: 'names of train_id.txt'.
            what (str): What the files are, for messages: 'image'.

        Returns:
            list: The items whose file is there.

        Raises:
            FileNotFoundError: If a file is missing, with ``on_missing='skip'`` if all of them are.
        """
        names = [str(PurePosixPath(name_of(item))) for item in items]
        files = _files_below(folder, names)
        kept = [item for item, name in zip(items, names, strict=True) if name in files]
        if len(kept) == len(items):
            return kept
        gone = [name for name in names if name not in files]
        if self.problems is not None:
            for name in gone:
                self.problems('file-missing', f'{folder / name}: one of the {listed} has no {what}')
            return kept
        first = gone[0]
        message = f'{len(items) - len(kept)} of {len(items)} {listed} have no {what} in {folder}'
        if self.on_missing == 'error' or not kept:
            raise FileNotFoundError(
                f'{message}, the first is {folder / first}. '
                "Complete the folder, or leave them out with on_missing='skip'."
            )
        self.warn(f'{message}: skipped, the first is {Path(first).stem}')
        return kept

    def keep_inside(
        self, items: Sequence[Item], folder: Path, name_of: Callable[[Item], str], where_of: Callable[[Item], str]
    ) -> list[Item]:
        """Items whose name, which an annotation file gives, leads to no file outside of ``folder`` through a link.

        Only names of links and of what lies in linked folders are followed, for the reason of :meth:`keep_present`.

        Args:
            items (Sequence): Anything.
            folder (Path): Where their files are.
            name_of (Callable): The file's name of an item, relative to ``folder`` and without ``..``.
            where_of (Callable): Where an item's name stands, for messages.

        Returns:
            list: All of them, or, for a validator, those that are no problem.

        Raises:
            ValueError: If a name leads out.
        """
        linked = _links_below(folder, map(name_of, items))
        kept = []
        for item in items:
            with tolerating(self.report()):
                if str(PurePosixPath(name_of(item))) in linked:
                    inside(folder, name_of(item), where_of(item))
                kept.append(item)
        return kept

    def report(self) -> Report | None:
        """What a reader of an annotation file reports to; None lets it raise."""
        return None if self.problems is None else partial(self.problems, 'annotation')

    def warn(self, message: str) -> None:
        """Log a warning, or tell it to the validator."""
        if self.problems is not None:
            self.problems('incomplete', message)
            return
        print_log(message, logger='current', level=logging.WARNING)

    def say(self, message: str) -> None:
        """Log what a user should know and need not change."""
        print_log(message, logger='current')

    def __getitem__(self, idx: int | tuple[int, ...]) -> Any:
        """The sample after the pipeline; see the class about ``idx``."""
        if not self._fully_initialized:
            self.full_init()
        *draw, index = idx if isinstance(idx, tuple) else (idx,)
        results = self.get_data_info(int(index))
        results['rng'] = self._generator(draw, results['sample_idx'])
        try:
            packed = self.pipeline(results)
        except Exception as error:
            raise RuntimeError(
                f'sample {results["sample_idx"]} ({results["img_id"]}, {results["img_path"]}): '
                f'{type(error).__name__}: {error}'
            ) from error
        if packed is None:
            raise RuntimeError(
                f'sample {results["sample_idx"]} ({results["img_id"]}): a transform of the pipeline returned None; '
                'samples are not replaced by others'
            )
        return packed

    def _generator(self, draw: list[int], index: int) -> np.random.Generator:
        """The sample's random generator; ``draw`` is seed and epoch, or empty."""
        if draw or self.test_mode:
            return np.random.default_rng([*(draw or (0, 0)), index])
        # mmengine seeds the global state in each worker.
        return np.random.default_rng(np.random.randint(0, 2**32, size=4, dtype=np.uint32))  # noqa: NPY002


def _links_below(folder: Path, names: Iterable[str]) -> set[str]:
    """Which of the names are links, or lie in a folder that is reached through one, relative to ``folder``."""
    of_folders: dict[PurePosixPath, set[str]] = {}
    for name in map(PurePosixPath, names):
        of_folders.setdefault(name.parent, set()).add(str(name))
    root = folder.resolve()
    linked: set[str] = set()
    for parent, inner in of_folders.items():
        if (folder / parent).resolve() != root / parent:
            linked |= inner
        elif (folder / parent).is_dir():
            with os.scandir(folder / parent) as entries:
                linked |= {str(parent / entry.name) for entry in entries if entry.is_symlink()} & inner
    return linked


def _files_below(folder: Path, names: Iterable[str]) -> set[str]:
    """What lies in ``folder`` and in those of its folders that some name is in, relative to it."""
    parents = {PurePosixPath(name).parent for name in names}
    found: set[str] = set()
    for parent in parents:
        if (folder / parent).is_dir():
            found.update(str(parent / path.name) for path in (folder / parent).iterdir())
    return found
