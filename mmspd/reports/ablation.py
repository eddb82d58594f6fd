"""The plan of an ablation: which models, from which configs, with equal settings, in which folders.

Runs are ordered seed by seed, so that an ablation that is stopped early has compared all models on fewer seeds.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mmengine.config import Config

from mmspd.evaluation.record import RECORD_FILE
from mmspd.utils.json_file import read_json
from mmspd.utils.resume import find_latest_checkpoint
from mmspd.utils.whole_files import whole_file

__all__ = ['MODELS', 'SIZES', 'AblationRun', 'Settings', 'config_of', 'keep_settings', 'plan_runs']

MODELS: Final = ('s', 'sp', 'sd', 'spd', 'jppnet')
# Of each data set: the sizes of models, the default first, and where their configs are.
SIZES: Final[dict[str, dict[str, str]]] = {
    'people': {'quick': 'quick/{model}_quick.py', 'r50': '{family}/{model}_r50_people.py'},
    'lip': {'r101': '{family}/{model}_r101_lip.py'},
}
_SETTINGS_FILE: Final = 'ablation.json'
_VALIDATIONS: Final = 2  # of a run with a budget: in the middle and at the end
_CHECKPOINTS: Final = 4


@dataclass(frozen=True)
class Settings:
    """What all runs of an ablation have in common.

    Attributes:
        dataset: ``'people'`` or ``'lip'``.
        size: One of the data set's :data:`SIZES`.
        budget: Iterations of training; None for the config's own.
        data_root: The data set's folder in place of the config's; None for that.
        options: Further options of configs, ``KEY=VALUE`` each.
        amp: Whether to train with mixed precision.
        tta: Whether to test with augmentation.
    """

    dataset: str
    size: str
    budget: int | None = None
    data_root: str | None = None
    options: tuple[str, ...] = ()
    amp: bool = False
    tta: bool = False

    def as_json(self) -> dict[str, Any]:
        """The settings as values of JSON."""
        return {**vars(self), 'options': list(self.options)}


@dataclass(frozen=True)
class AblationRun:
    """One model trained from one seed.

    Attributes:
        model: One of :data:`MODELS`.
        seed: Of all random numbers.
        config: Its config file.
        folder: Its work dir.
        iterations: Of its training.
    """

    model: str
    seed: int
    config: Path
    folder: Path
    iterations: int

    @property
    def name(self) -> str:
        """How people call it."""
        return self.folder.name

    @property
    def checkpoint(self) -> Path:
        """The checkpoint at the end of training."""
        return self.folder / f'iter_{self.iterations}.pth'

    @property
    def record(self) -> Path:
        """The folder of its evaluation."""
        return self.folder / 'evaluation'

    @property
    def is_trained(self) -> bool:
        """Whether training has come to its end."""
        return find_latest_checkpoint(self.folder) == self.checkpoint

    @property
    def is_evaluated(self) -> bool:
        """Whether its evaluation is complete."""
        return (self.record / RECORD_FILE).exists()

    def training(self, settings: Settings) -> list[str]:
        """The arguments of tools/train.py, which continues what was begun."""
        options = [*_budget_options(self.config, settings.budget), *settings.options]
        return [
            *(str(self.config), '--work-dir', str(self.folder), '--seed', str(self.seed), '--resume'),
            *(['--amp'] if settings.amp else []),
            *_shared(settings, options),
        ]

    def testing(self, settings: Settings) -> list[str]:
        """The arguments of tools/test.py."""
        return [
            *(str(self.config), str(self.checkpoint), '--work-dir', str(self.folder)),
            *('--record', str(self.record), '--results', str(self.folder / 'results')),
            *(['--tta'] if settings.tta else []),
            *_shared(settings, list(settings.options)),
        ]


def config_of(configs: Path, dataset: str, size: str, model: str) -> Path:
    """A model's config file below the folder ``configs``."""
    family = 'jppnet' if model == 'jppnet' else 'spd'
    return configs / SIZES[dataset][size].format(model=model, family=family)


def plan_runs(configs: Path, out: Path, settings: Settings, models: Sequence[str], seeds: int) -> list[AblationRun]:
    """All runs of an ablation, seed by seed.

    Args:
        configs (Path): The folder of configs.
        out (Path): The ablation's folder; each run has its own in it.
        settings (Settings): What the runs have in common.
        models (Sequence[str]): Of :data:`MODELS`.
        seeds (int): How many: 0, 1, ...

    Returns:
        list[AblationRun]: The runs.

    Raises:
        FileNotFoundError: If a config file is missing.
    """
    files = {model: config_of(configs, settings.dataset, settings.size, model) for model in models}
    lengths = {
        model: settings.budget or int(Config.fromfile(path).train_cfg.max_iters) for model, path in files.items()
    }
    return [
        AblationRun(model, seed, files[model], out / f'{model}-seed{seed}', lengths[model])
        for seed in range(seeds)
        for model in models
    ]


def keep_settings(out: Path, settings: Settings) -> None:
    """Write down the settings on first use; afterwards, require the same.

    Args:
        out (Path): The ablation's folder; made if it does not exist.
        settings (Settings): The settings.

    Raises:
        ValueError: If the folder holds runs with other settings; the message names them.
    """
    out.mkdir(parents=True, exist_ok=True)
    path = out / _SETTINGS_FILE
    if not path.exists():
        with whole_file(path, out) as file:
            file.write((json.dumps(settings.as_json(), indent=2) + '\n').encode())
        return
    before, now = read_json(path), settings.as_json()
    before = before if isinstance(before, dict) else {}
    changed = [f'{key} was {before.get(key)!r}, is {value!r}' for key, value in now.items() if before.get(key) != value]
    if changed:
        raise ValueError(
            f'{path}: the runs here have other settings, so they would not compare: {"; ".join(changed)}. '
            'Name another folder, or give the same settings'
        )


def _budget_options(config: Path, budget: int | None) -> list[str]:
    """Config options that shorten (or lengthen) training, its schedule and its validations alike."""
    if budget is None:
        return []
    cfg = Config.fromfile(config)
    ends = [
        f'param_scheduler.{index}.end={budget}'
        for index, schedule in enumerate(cfg.param_scheduler)
        if schedule.get('end') == cfg.train_cfg.max_iters
    ]
    return [
        f'train_cfg.max_iters={budget}',
        f'train_cfg.val_interval={math.ceil(budget / _VALIDATIONS)}',
        f'default_hooks.checkpoint.interval={math.ceil(budget / _CHECKPOINTS)}',
        *ends,
    ]


def _shared(settings: Settings, options: list[str]) -> list[str]:
    """Arguments that training and testing have in common; options come last, as they take all that follows."""
    return [
        *(['--data-root', settings.data_root] if settings.data_root else []),
        *(['--cfg-options', *options] if options else []),
    ]
