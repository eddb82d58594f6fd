"""Models ready to be used: built from a config, their weights read without running anything that the file contains."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from torch import nn

import mmspd
from mmspd.anatomy import LABEL_SETS, LabelSet
from mmspd.models.segmentors import SPD
from mmspd.registry import DATASETS, MODELS, TRANSFORMS
from mmspd.utils.checkpoint import load_from_local, require_weights

__all__ = ['PRETRAINED', 'SHIPPED_MODELS', 'LoadedModel', 'Variant', 'load_model', 'recipe_of']

PRETRAINED: Final = Path(mmspd.__file__).parent / 'pretrained'
SHIPPED_MODELS: Final = ('spd_small',)

# Scale of the network input and whether it is mirrored.
Variant = tuple[float, bool]
_VARIANTS: Final[tuple[Variant, ...]] = tuple((scale, flip) for scale in (1.0, 0.75, 1.25) for flip in (False, True))


@dataclass(frozen=True)
class LoadedModel:
    """A model and what it takes to use it.

    Attributes:
        name: Of the config.
        model: In evaluation mode, on its device, as it was trained.
        input_size: (W, H) of the network input in pixels.
        labels: Names, colours and mirror pairs of the parsing classes; the model's are as many.
        grid: How pictures are stretched to the input, see :class:`~mmspd.datasets.transforms.PersonAffine`.
        variants: Of test-time augmentation; the first sets the frame of the mean.
    """

    name: str
    model: SPD
    input_size: tuple[int, int]
    labels: LabelSet
    grid: str
    variants: tuple[Variant, ...]


def load_model(
    config_or_name: str | Path | Config,
    checkpoint: str | Path | None = None,
    device: str | torch.device | None = None,
) -> LoadedModel:
    """Build a model and load its weights.

    Args:
        config_or_name (str | Path | Config): One of :data:`SHIPPED_MODELS`, or a config: its file, or itself. A config
            file is Python and is run: take it from people whom you trust. A checkpoint may come from anybody.
        checkpoint (str | Path, optional): The weights. Defaults to None: those shipped with the model of that name.
        device (str | torch.device, optional): Such as 'cuda:0'. Defaults to None: a GPU where there is one.

    Returns:
        LoadedModel: The model, in evaluation mode.

    Raises:
        FileNotFoundError: If there is no such config or checkpoint.
        TypeError: If the config is neither a name nor a config, such as a plain dict.
        ValueError: If a config fails, needs a checkpoint and has none, or is none of an SPD; if the checkpoint is of
            another model, or holds more than weights or weights that are not finite; or there is no such device.
    """
    where = _device(device)
    if isinstance(config_or_name, str) and config_or_name in SHIPPED_MODELS:
        name, recipe = config_or_name, _shipped(config_or_name)
        checkpoint = checkpoint or PRETRAINED / f'{name}.pth'
    else:
        name, recipe = recipe_of(config_or_name)
    if checkpoint is None:
        raise ValueError(
            f'{name}: a config needs a checkpoint, such as one that tools/train.py wrote; without any there is the '
            f'shipped model {", ".join(SHIPPED_MODELS)}'
        )
    with _using(name):
        model = MODELS.build(recipe['model'])
    if not isinstance(model, SPD):
        raise ValueError(f'{name}: expected the config of an SPD, got one of a {type(model).__name__}')
    weights = load_from_local(str(checkpoint), 'cpu')
    model.load_state_dict(require_weights(model, weights, str(checkpoint)), strict=False)
    return LoadedModel(
        name,
        _frozen(model).to(where),
        (int(recipe['input_size'][0]), int(recipe['input_size'][1])),
        _labels_of(model, recipe.get('labels')),
        recipe.get('grid', 'edge'),
        tuple((float(scale), bool(flip)) for scale, flip in recipe.get('variants', _VARIANTS)),
    )


def _device(device: str | torch.device | None) -> torch.device:
    """The device to use, checked."""
    if device is None:
        return torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    there = f'{torch.cuda.device_count()} CUDA device(s)' if torch.cuda.is_available() else 'no CUDA device'
    refusal = f'there is no device {str(device)!r} here, but cpu and {there}'
    try:
        probe = torch.empty(0, device=device)
    except (AssertionError, ImportError, RuntimeError, TypeError) as error:  # as PyTorch says that it is built without
        reason = str(error).partition('\n')[0]
        raise ValueError(f'{refusal} ({reason})') from error
    if probe.is_meta:
        raise ValueError(f'{refusal} (tensors on it have no values)')
    return probe.device


@contextmanager
def _using(name: str | Path) -> Iterator[None]:
    """Say of which config it is where it fails: being a program, it can in any way there is.

    Names without a scope are of mmspd, also in a process that has a scope of another project.
    """
    try:
        with DefaultScope.overwrite_default_scope('mmspd'):
            yield
    except Exception as error:
        reason = ' '.join(str(error).split())
        raise ValueError(f'{name}: the config cannot be used: {type(error).__name__}: {reason}') from error


def _shipped(name: str) -> dict[str, Any]:
    """The recipe of a shipped model."""
    return json.loads((PRETRAINED / f'{name}.json').read_text())


def recipe_of(config: str | Path | Config) -> tuple[str, dict[str, Any]]:
    """What of a config it takes to use its model, as JSON can hold it.

    Args:
        config (str | Path | Config): Its file, or itself.

    Returns:
        tuple: Its name, and a dict of ``model``, ``input_size``, ``grid``, ``labels`` and, where the config has
        test-time augmentation, ``variants``.

    Raises:
        FileNotFoundError: If there is no such file.
        TypeError: If it is neither a file's name nor a config.
        ValueError: If it is no config, fails, or is not of a model with a test pipeline.
    """
    if not isinstance(config, str | Path | Config):
        raise TypeError(
            f"expected a shipped model's name, a config file or a mmengine.config.Config, got a "
            f'{type(config).__name__}; a dict becomes one with Config(dict(model=..., test_pipeline=[...]))'
        )
    if not isinstance(config, Config):
        path = Path(config).expanduser()
        if not path.is_file():
            raise FileNotFoundError(
                f'{config} is neither a config file nor the name of a shipped model ({", ".join(SHIPPED_MODELS)})'
            )
        if path.suffix != '.py':
            raise ValueError(f'{path}: expected a config such as configs/spd/spd_r101_lip.py, which ends in .py')
        with _using(path):
            config = Config.fromfile(path)
    name = Path(config.filename).stem if config.filename else 'the config'
    with _using(name):
        step = _step(config.get('test_pipeline', ()), 'PersonAffine')
        if 'model' in config and step is not None:
            affine = TRANSFORMS.build(step)
            recipe = dict(
                model=_without_downloads(config.model.to_dict()),
                input_size=affine.size,
                grid=affine.grid,
                labels=_trained_labels(config),
            )
            return name, recipe | _variants(config)
    raise ValueError(f'{name}: expected a config with model and a test_pipeline with PersonAffine')


def _step(pipeline: Iterable[Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    """The first step of a pipeline whose kind has a name that ends so; the kind may be the class itself."""
    for step in pipeline:
        kind = step.get('type', '')
        if (kind.__name__ if isinstance(kind, type) else str(kind)).endswith(name):
            return step
    return None


def _trained_labels(config: Config) -> str | None:
    """The label set of the data that the model is trained on, as its reader has it; None where that says nothing."""
    dataset = config.get('train_dataloader', {}).get('dataset', {})
    for each in dataset.get('datasets', [dataset]):  # of a joined one
        kind = each.get('type')
        reader = DATASETS.get(kind) if isinstance(kind, str) else kind
        name = getattr(reader, 'METAINFO', {}).get('label_set')
        if name in LABEL_SETS and each.get('with_parsing', True):
            return name
    return None


def _variants(config: Config) -> dict[str, Any]:
    """Test-time augmentation as ``tta_pipeline`` has it, if it does."""
    step = _step(config.get('tta_pipeline', ()), 'TestTimeAug')
    choices = step['transforms'][0] if step else []
    if not choices:
        return {}
    return dict(variants=[(float(choice.get('scale', 1.0)), bool(choice.get('flip', False))) for choice in choices])


def _without_downloads(value: Any) -> Any:
    """A model's config without weights to start from, which the checkpoint replaces; classes become their names."""
    if isinstance(value, Mapping):
        kept = {key: _without_downloads(each) for key, each in value.items() if key != 'init_cfg'}
        return kept | ({'init_cfg': None} if 'init_cfg' in value else {})
    if isinstance(value, list | tuple):
        return type(value)(_without_downloads(each) for each in value)
    return f'{value.__module__}.{value.__qualname__}' if isinstance(value, type) else value


def _labels_of(model: SPD, name: str | None) -> LabelSet:
    """The label set with as many classes as the model has."""
    if model.seg_head is None:
        return LABEL_SETS['lip']
    count = int(model.seg_head.num_classes)
    named = [LABEL_SETS[name]] if name else []
    for each in (*named, *LABEL_SETS.values()):
        if len(each.classes) == count:
            return each
    names = tuple(f'class{number}' for number in range(count))
    lip = LABEL_SETS['lip']
    return LabelSet('unknown', names, _repeated(lip.palette, count), _repeated(lip.safe_palette, count), ())


def _repeated(colours: tuple[tuple[int, int, int], ...], count: int) -> tuple[tuple[int, int, int], ...]:
    """``count`` colours, from the first again where there are not so many."""
    return tuple(colours[number % len(colours)] for number in range(count))


def _frozen(model: SPD) -> SPD:
    """In evaluation mode, without gradients."""
    model.eval()
    nn.Module.requires_grad_(model, False)
    return model
