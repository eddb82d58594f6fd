"""What a record says of the run that it evaluated: model, data, training."""

from collections.abc import Mapping, Sequence, Sized
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import mmengine
import torch
from mmengine.config import Config, ConfigDict

from mmspd.version import __version__

__all__ = ['about_run', 'evaluators_of', 'model_name']

_BRANCHES = (('seg_head', 'S'), ('pose_head', 'P'), ('densepose_head', 'D'))


def model_name(model: Mapping[str, Any]) -> str:
    """The paper's name of a model: the initials of its branches, or JPPNet.

    Args:
        model (Mapping): The ``model`` of a config.

    Returns:
        str: ``'S'``, ``'SP'``, ``'SD'``, ``'SPD'``, ...; ``'JPPNet'`` for segmentation and pose that exchange their
        predictions.
    """
    heads = {letter: model[key] for key, letter in _BRANCHES if model.get(key) is not None}
    name = ''.join(heads)
    exchanged = {head.get('exchange', 'context') for head in heads.values()}
    return 'JPPNet' if name == 'SP' and exchanged == {'prediction'} else name


def evaluators_of(cfg: Config) -> list[ConfigDict]:
    """The configs of a test's metrics; mmengine allows one alone, too."""
    return [cfg.test_evaluator] if isinstance(cfg.test_evaluator, dict) else list(cfg.test_evaluator)


def about_run(
    cfg: Config,
    config: Path,
    checkpoint: Path,
    meta: Mapping[str, Any],
    dataset: Sized,
    results: Path | None,
    options: Sequence[str] = (),
) -> dict[str, Any]:
    """Describe a test run.

    Args:
        cfg (Config): The run's config.
        config (Path): Its file.
        checkpoint (Path): The checkpoint.
        meta (Mapping): What the checkpoint says of its training: ``iter``, ``seed``.
        dataset (Sized): What is tested on; of another package it goes by its class's name.
        results (Path, optional): The folder of its result files.
        options (Sequence[str]): What the command line has changed in the config, ``KEY=VALUE``. Defaults to none.

    Returns:
        dict[str, Any]: JSON values. ``data`` is the data set's config without pipeline, with which pictures of its
        samples can be made.
    """
    tta = cfg.model.type == cfg.get('tta_model', {}).get('type')
    data = {key: value for key, value in cfg.test_dataloader.dataset.to_dict().items() if key != 'pipeline'}
    if root := getattr(dataset, 'data_root', None):
        data['data_root'] = str(Path(root).absolute())
    return {
        'model': model_name(cfg.model.module if tta else cfg.model),
        'config': config.stem,
        'checkpoint': str(checkpoint.absolute()),
        'iterations': meta.get('iter'),
        'seed': meta.get('seed'),
        'options': sorted(options),
        'tta': tta,
        'dataset': getattr(dataset, 'NAME', type(dataset).__name__),
        'samples': len(dataset),
        'data': data,
        'label_maps': [
            evaluator.label_map.to_dict() for evaluator in evaluators_of(cfg) if evaluator.get('label_map') is not None
        ],
        'results': None if results is None else str(results.absolute()),
        'versions': {'mmspd': __version__, 'torch': torch.__version__, 'mmengine': mmengine.__version__},
        'date': datetime.now(timezone.utc).date().isoformat(),
    }
