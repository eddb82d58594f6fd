"""A tiny model with its files, and predictions made by hand, so that what a call has to give is known."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from mmspd.anatomy import LABEL_SETS, NUM_JOINTS
from mmspd.apis import Person, SPDInferencer
from mmspd.apis.network import Charts, WindowPrediction
from mmspd.registry import MODELS
from tests.models.tiny import tiny_spd

INPUT_SIZE = (48, 64)
VARIANTS = [(scale, flip) for scale in (1.0, 0.75, 1.25) for flip in (False, True)]


def write_model(folder: Path, grid: str = 'edge', model: dict | None = None, **changes) -> tuple[Path, Path]:
    """A config file and a checkpoint of a tiny SPD with random weights; see ``tiny_spd`` for ``changes``."""
    folder.mkdir(parents=True, exist_ok=True)
    model = model or tiny_spd(**changes)
    affine = dict(type='PersonAffine', size=INPUT_SIZE, test_mode=True, grid=grid)
    pack = dict(type='PackSPDInputs')
    variants = [affine | dict(scale=scale, flip=flip) for scale, flip in VARIANTS]
    augmented = [dict(type='TestTimeAug', transforms=[variants, [pack]])]
    config = folder / 'tiny.py'
    config.write_text(f'model = {model!r}\ntest_pipeline = {[affine, pack]!r}\ntta_pipeline = {augmented!r}\n')
    torch.manual_seed(0)
    checkpoint = folder / 'tiny.pth'
    torch.save(dict(state_dict=MODELS.build(model).state_dict(), meta=dict(iter=1)), checkpoint)
    return config, checkpoint


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A picture with something in it."""
    small = np.random.default_rng(seed).integers(0, 256, (-(-height // 4), -(-width // 4), 3), dtype=np.uint8)
    return np.ascontiguousarray(small.repeat(4, axis=0).repeat(4, axis=1)[:height, :width])


def logits_of(labels: np.ndarray, value: float | np.ndarray = 8.0, classes: int = 20) -> np.ndarray:
    """Logits (C, h, w) that are ``value`` at the class of each cell and 0 elsewhere."""
    return ((np.arange(classes)[:, None, None] == labels) * np.asarray(value)).astype(np.float32)


def charts_of(parts: np.ndarray, u: float, v: float, box: tuple[float, float, float, float]) -> Charts:
    """Charts of S x S cells over a box: these parts, and the same U and V everywhere."""
    uv = np.empty((2, 24, *parts.shape), np.float32)
    uv[0], uv[1] = u, v
    return Charts(logits_of(parts, classes=25), uv, np.array(box, np.float64))


def joints_at(x: float, y: float, score: float = 0.5) -> dict:
    """All joints at one place."""
    return dict(
        joints=np.tile(np.array([x, y], np.float32), (NUM_JOINTS, 1)),
        joint_scores=np.full(NUM_JOINTS, score, np.float32),
    )


def prediction(
    labels: np.ndarray | None = None,
    value: float | np.ndarray = 8.0,
    joints: np.ndarray | None = None,
    joint_scores: np.ndarray | None = None,
    charts: Charts | None = None,
) -> WindowPrediction:
    """What a network says of a window."""
    return WindowPrediction(None if labels is None else logits_of(labels, value), joints, joint_scores, charts)


class FakeNetwork:
    """Gives made predictions one after the other, and keeps what it was asked."""

    def __init__(self, *predictions: WindowPrediction) -> None:
        self.predictions = list(predictions)
        self.batches: list[list] = []
        self.tta: list[bool] = []

    def predict(self, windows, tta=False):
        self.batches.append(list(windows))
        self.tta.append(tta)
        given, self.predictions = self.predictions[: len(windows)], self.predictions[len(windows) :]
        assert len(given) == len(windows)
        return given


class BrightNetwork:
    """Says that pixels above 100 in the blue channel are upper clothes, and joints lie in the middle of the window."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def predict(self, windows, tta=False):
        self.sizes.append(len(windows))
        return [
            prediction(
                (window.image[..., 0] > 100) * 5,
                **joints_at((window.image.shape[1] - 1) / 2, (window.image.shape[0] - 1) / 2),
            )
            for window in windows
        ]


def with_network(inferencer: SPDInferencer, network: object) -> SPDInferencer:
    """The inferencer, asking another network."""
    inferencer.network = network
    return inferencer


def made_person(size: tuple[int, int] = (10, 12), window: tuple[int, int, int, int] | None = None, **fields) -> Person:
    """A person of a picture of (H, W), by default without anything predicted."""
    nothing = dict(joints=None, joint_scores=None, window_parsing=None, charts=None)
    window = window or (0, 0, size[1], size[0])
    box = np.array(fields.pop('box', window), np.float32)
    return Person(**dict(box=box, score=0.75, labels=LABEL_SETS['lip'], size=size, window=window) | nothing | fields)


def bright(height: int = 20, width: int = 16, level: int = 200) -> np.ndarray:
    """A picture of one colour, which is all upper clothes to the bright network; ``level`` tells it from others."""
    return np.full((height, width, 3), level, np.uint8)


def write_pictures(folder: Path, count: int) -> Path:
    """Pictures 00.png ... of levels 101, 102 ..."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        Image.fromarray(bright(level=101 + number)).save(folder / f'{number:02}.png')
    return folder


def levels(results) -> list[int]:
    """The level of each result's picture, in their order."""
    return [int(people.image[0, 0, 0]) for people in results]
