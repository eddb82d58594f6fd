"""Data sets to check: those of a config, or those that a folder of a known kind holds."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from mmengine.config import Config, ConfigDict
from mmengine.registry import init_default_scope

from mmspd.datasets.atr import ATRDataset
from mmspd.datasets.cihp import CIHPDataset
from mmspd.datasets.coco_persons import COCOPersonDataset
from mmspd.datasets.lip import LIPMultiTaskDataset
from mmspd.datasets.mpii import MPIIDataset
from mmspd.datasets.persons import PersonDataset
from mmspd.registry import DATASETS

__all__ = ['KINDS', 'datasets_of_config', 'datasets_of_kind', 'open_datasets', 'read_config']

_LOADERS: Final = ('train_dataloader', 'val_dataloader', 'test_dataloader')


def open_datasets(
    source: Path,
    kind: str | None,
    data_root: str | None,
    set_data_root: Callable[[Config, str | None], None],
    with_pipeline: bool = False,
) -> dict[str, PersonDataset]:
    """The data sets that a command line names.

    Args:
        source (Path): A config file, or with ``kind`` a data set's folder.
        kind (str, optional): One of :data:`KINDS`, or None for a config.
        data_root (str, optional): The data sets' folder, in place of the config's.
        set_data_root (Callable): :func:`mmspd.engine.set_data_root`.
        with_pipeline (bool): Whether those of a config keep their pipelines. Defaults to False.

    Returns:
        dict[str, PersonDataset]: By split; they have not read anything yet.

    Raises:
        FileNotFoundError: If there is no such config or folder.
        ValueError: If the config cannot be read or has no data set of persons, or a folder is given twice.
    """
    if kind is not None:
        if data_root is not None:
            raise ValueError(f'--data-root is for a config; with --kind the folder is the first argument, {source}')
        return datasets_of_kind(kind, source)
    if not source.is_file():
        raise FileNotFoundError(f"{source}: expected a config file; for a data set's folder give its --kind")
    return datasets_of_config(read_config(source, data_root, set_data_root), with_pipeline)


def read_config(source: Path, data_root: str | None, set_data_root: Callable[[Config, str | None], None]) -> Config:
    """Read a config, whose data sets can be built then.

    Args:
        source (Path): The file.
        data_root (str, optional): The data sets' folder, in place of the config's.
        set_data_root (Callable): :func:`mmspd.engine.set_data_root`.

    Returns:
        Config: The config.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no config.
    """
    try:
        cfg = Config.fromfile(source)
    except SyntaxError as error:
        raise ValueError(f'{source}: not a config, {error}') from error
    set_data_root(cfg, data_root)
    init_default_scope('mmspd')
    return cfg


def datasets_of_config(cfg: Config, with_pipeline: bool = False) -> dict[str, PersonDataset]:
    """The data sets of a config's loaders; one that validation and test share comes once.

    Args:
        cfg (Config): A config for training or testing.
        with_pipeline (bool): Whether they keep their pipelines. Defaults to False.

    Returns:
        dict[str, PersonDataset]: By ``train``, ``val``, ``test``; parts of a joined one as ``train[0]`` and so on. They
        have not read anything yet.

    Raises:
        ValueError: If a data set cannot be built or is not one of persons, or the config has none.
    """
    found: dict[str, PersonDataset] = {}
    seen: list[dict[str, Any]] = []
    for loader in _LOADERS:
        if not cfg.get(loader):
            continue
        split = loader.removesuffix('_dataloader')
        parts = list(_parts(cfg[loader].dataset))
        for number, part in enumerate(parts):
            lazy = {**part, 'lazy_init': True} | ({} if with_pipeline else {'pipeline': []})
            if lazy in seen:
                continue
            seen.append(lazy)
            name = split if len(parts) == 1 else f'{split}[{number}]'
            try:
                dataset = DATASETS.build(lazy)
            except (KeyError, TypeError) as error:
                raise ValueError(f'{loader}.dataset cannot be built: {error.args[0]}') from error
            if not isinstance(dataset, PersonDataset):
                raise ValueError(f'{loader}: expected a data set of persons of mmspd, got {type(dataset).__name__}')
            found[name] = dataset
    if not found:
        raise ValueError(f'the config has none of {", ".join(_LOADERS)}')
    return found


def _parts(dataset: ConfigDict) -> list[dict[str, Any]]:
    """The configs of a joined data set's parts, or the data set's own."""
    return [part for child in dataset.datasets for part in _parts(child)] if 'datasets' in dataset else [dict(dataset)]


def datasets_of_kind(kind: str, root: Path) -> dict[str, PersonDataset]:
    """The splits that a folder holds.

    Args:
        kind (str): One of :data:`KINDS`.
        root (Path): The data set's folder.

    Returns:
        dict[str, PersonDataset]: By the split's name; nothing has been read yet.

    Raises:
        FileNotFoundError: If there is no such folder, or none of the data set's splits in it.
    """
    if not root.is_dir():
        raise FileNotFoundError(f"{root}: expected the data set's folder")
    splits = KINDS[kind](root)
    if not splits:
        raise FileNotFoundError(f'{root}: holds no split of kind {kind}; docs/datasets.md has the layouts')
    return dict(splits)


def _lip(root: Path) -> Mapping[str, PersonDataset]:
    """LIP's splits, with surface files where they are."""
    return {
        split: LIPMultiTaskDataset(
            str(root),
            split,
            surface_file=name if (root / (name := f'densepose_{split}.json')).is_file() else None,
            lazy_init=True,
        )
        for split in ('train', 'val')
        if (root / f'{split}_id.txt').is_file()
    }


def _atr(root: Path) -> Mapping[str, PersonDataset]:
    """ATR's splits."""
    splits = (split for split in ('train', 'val', 'test') if (root / f'{split}_id.txt').is_file())
    return {split: ATRDataset(str(root), split, lazy_init=True) for split in splits}


def _cihp(root: Path) -> Mapping[str, PersonDataset]:
    """CIHP's splits."""
    splits = {'train': 'Training', 'val': 'Validation'}
    return {
        split: CIHPDataset(str(root), split, lazy_init=True)
        for split, folder in splits.items()
        if (root / folder).is_dir()
    }


def _mpii(root: Path) -> Mapping[str, PersonDataset]:
    """The field's JSON files of MPII, or its official file."""
    files = {'train': 'annotations/train.json', 'val': 'annotations/valid.json', 'all': 'mpii_human_pose_v1_u12_1.mat'}
    return {
        split: MPIIDataset(str(root), file, lazy_init=True) for split, file in files.items() if (root / file).is_file()
    }


def _coco(root: Path) -> Mapping[str, PersonDataset]:
    """The files of persons among COCO's annotations, each with the folder of images that its name speaks of."""
    found: dict[str, PersonDataset] = {}
    for path in sorted((root / 'annotations').glob('*.json')):
        match = _COCO_FILE.fullmatch(path.name)
        if match is None:
            continue
        part = 'train' if match['part'] == 'train' else 'val'
        found[path.stem] = COCOPersonDataset(
            str(root),
            f'annotations/{path.name}',
            f'{part}{match["early"] or match["late"]}',
            with_surface=path.name.startswith('densepose'),
            lazy_init=True,
        )
    return found


# densepose_coco_2014_minival.json, person_keypoints_val2017.json
_COCO_FILE: Final = re.compile(
    r'(?:densepose_coco_(?P<early>\d{4})_|person_keypoints_)(?P<part>train|val|minival|valminusminival)(?P<late>\d{4})?\.json'
)

# How a kind's splits are found in a folder.
KINDS: Final[dict[str, Callable[[Path], Mapping[str, PersonDataset]]]] = {
    'lip': _lip,
    'atr': _atr,
    'cihp': _cihp,
    'coco': _coco,
    'mpii': _mpii,
}
