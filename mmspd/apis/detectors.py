"""Detectors of people: any callable that takes a picture, uint8 (H, W, 3) in BGR, and gives boxes.

Taken as boxes are:

* (R, 4): x1, y1, x2, y2 in pixels of the picture, or (R, 5) with a score, as arrays, tensors or lists;
* a pair of boxes (R, 4) and scores (R,);
* a dict with ``boxes`` or ``bboxes``, and ``scores`` and ``labels`` where there are, as torchvision's models give;
* what mmdet's models give: an object with ``pred_instances``, or the dict with ``predictions`` of its inferencer.

Of those with several labels, :func:`torchvision_detector` and :func:`mmdet_detector` keep people alone. A module of
torchvision may be given as it is.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from mmspd.utils.arrays import to_numpy

__all__ = ['Detector', 'detected_boxes', 'mmdet_detector', 'torchvision_detector']

Detector = Callable[[np.ndarray], Any]


def detected_boxes(output: Any, where: str, label: int | None = None, threshold: float = 0.0) -> np.ndarray:
    """What a detector gave, as boxes with scores.

    Args:
        output (Any): See the module.
        where (str): Names the picture in messages.
        label (int, optional): Which label is a person; others are left out. Defaults to None: all are persons.
        threshold (float): Boxes with a lower score are left out.

    Returns:
        np.ndarray: float64 (R, 4), or (R, 5) with scores.

    Raises:
        ValueError: If it is nothing of the kind.
    """
    output = getattr(output, 'pred_instances', output)
    if isinstance(output, Mapping) and 'predictions' in output:
        output = output['predictions']
    if isinstance(output, list) and len(output) == 1 and isinstance(output[0], Mapping):
        output = output[0]
    fields = _fields(output)
    boxes = _array(fields['boxes'])
    if boxes.size == 0:
        return np.zeros((0, 4))
    if boxes.ndim != 2 or boxes.shape[1] not in (4, 5):
        raise ValueError(f'{where}: the detector gave an array of {boxes.shape}; expected boxes (R, 4) or (R, 5)')
    if fields['scores'] is not None:
        scores = _array(fields['scores'])
        if scores.shape != (len(boxes),):
            raise ValueError(f'{where}: the detector gave {len(boxes)} boxes, but scores of shape {scores.shape}')
        boxes = np.column_stack([boxes[:, :4], scores])
    if label is None and fields['labels'] is not None and len(np.unique(_array(fields['labels']))) > 1:
        raise ValueError(
            f'{where}: the detector gave boxes with several labels, of which it is not known which one is a person: '
            'wrap it in torchvision_detector or mmdet_detector, or give the boxes of people alone'
        )
    kept = np.ones(len(boxes), bool)
    if label is not None and fields['labels'] is not None:
        kept &= _array(fields['labels']) == label
    if boxes.shape[1] == 5:
        kept &= boxes[:, 4] >= threshold
    return boxes[kept]


def _fields(output: Any) -> dict[str, Any]:
    """Boxes, scores and labels of an output; None for what it does not have."""

    def find(*names: str) -> Any:
        found = (output.get(name) if isinstance(output, Mapping) else getattr(output, name, None) for name in names)
        return next((each for each in found if each is not None), None)

    boxes = find('boxes', 'bboxes')
    if boxes is not None:
        return dict(boxes=boxes, scores=find('scores'), labels=find('labels'))
    if isinstance(output, tuple) and len(output) == 2 and (_array(output[0]).ndim, _array(output[1]).ndim) == (2, 1):
        return dict(boxes=output[0], scores=output[1], labels=None)
    return dict(boxes=output, scores=None, labels=None)


def _array(values: Any) -> np.ndarray:
    """Numbers as float64; ValueError if they are none."""
    try:
        return np.asarray(to_numpy(values) if isinstance(values, torch.Tensor) else values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f'the detector gave no boxes, but a {type(values).__name__}: {error}') from error


def torchvision_detector(model: torch.nn.Module, threshold: float = 0.5, label: int = 1) -> Detector:
    """A detector from a detection model of torchvision.

    Args:
        model (torch.nn.Module): Takes a list of float (3, H, W), RGB, 0..1, and gives dicts of boxes, labels, scores.
        threshold (float): Boxes with a lower score are left out. Defaults to 0.5.
        label (int): Of persons. Defaults to 1, COCO's.

    Returns:
        Callable: For :class:`~mmspd.apis.SPDInferencer`.
    """
    device = next(model.parameters()).device
    model.train(False)

    @torch.inference_mode()
    def detect(image: np.ndarray) -> np.ndarray:
        pixels = torch.from_numpy(np.ascontiguousarray(image[..., ::-1].transpose(2, 0, 1)))
        return detected_boxes(model([pixels.to(device).float() / 255]), 'the picture', label, threshold)

    return detect


def mmdet_detector(inferencer: Callable[..., Any], threshold: float = 0.5, label: int = 0) -> Detector:
    """A detector from mmdet's ``DetInferencer``.

    Args:
        inferencer (Callable): Takes a picture in BGR and gives a dict with ``predictions``.
        threshold (float): Boxes with a lower score are left out. Defaults to 0.5.
        label (int): Of persons. Defaults to 0, COCO's in mmdet.

    Returns:
        Callable: For :class:`~mmspd.apis.SPDInferencer`.
    """

    def detect(image: np.ndarray) -> np.ndarray:
        return detected_boxes(inferencer(image), 'the picture', label, threshold)

    return detect
