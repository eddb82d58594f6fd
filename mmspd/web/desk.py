"""The desk of the page: takes pictures, has them analysed, hands out results. Knows nothing of HTTP or gradio."""

from dataclasses import dataclass
from typing import Any

from mmspd.anatomy import PALETTES
from mmspd.apis import SPDInferencer
from mmspd.web.analysis import predict, results_of
from mmspd.web.inputs import parse_boxes, read_upload
from mmspd.web.limits import InputError, Limits, RateLimiter, client_of
from mmspd.web.store import Store
from mmspd.web.worker import Worker

__all__ = ['Desk']

_UPLOAD = 'upload'


@dataclass(frozen=True)
class Receipt:
    """Of a picture that was taken.

    Attributes:
        token: By which it is found.
        width: Pixels, upright.
        height: Pixels, upright.
    """

    token: str
    width: int
    height: int


class Desk:
    """Everything that visitors share: model, store, limits.

    Args:
        inferencer (SPDInferencer): The model, and perhaps a detector.
        limits (Limits): What visitors may ask for.
    """

    def __init__(self, inferencer: SPDInferencer, limits: Limits) -> None:
        self.inferencer = inferencer
        self.limits = limits
        self.store = Store(limits.stored_bytes, limits.stored_seconds)
        self.uploads = RateLimiter(limits.requests_a_minute)
        self.runs = RateLimiter(limits.requests_a_minute)
        self._worker = Worker(limits.seconds)

    def take(self, data: bytes, client: str) -> Receipt:
        """Take a picture.

        Args:
            data (bytes): Its file.
            client (str): The visitor's address.

        Returns:
            Receipt: For it.

        Raises:
            InputError: If it is no picture, broken or too large.
        """
        height, width = read_upload(data, self.limits).shape[:2]
        return Receipt(self.store.put({_UPLOAD: data}, client_of(client)), width, height)

    def analyse(self, token: str, boxes: str, tta: bool, palette: str, client: str) -> dict[str, Any]:
        """Run the model on a picture that was taken.

        Args:
            token (str): Of its receipt.
            boxes (str): Of persons, as :func:`~mmspd.web.inputs.parse_boxes` reads them.
            tta (bool): Whether to average over scales and mirror images.
            palette (str): One of :data:`mmspd.anatomy.PALETTES`.
            client (str): The visitor's address.

        Returns:
            dict: As of :func:`~mmspd.web.analysis.results_of`, with ``token`` of the files and ``remark``.

        Raises:
            InputError: If something that the visitor gave is refused.
        """
        if palette not in PALETTES:
            raise InputError(f'The colours are one of {", ".join(PALETTES)}, got {palette[:40]!r}.')
        data = self.store.get(token, _UPLOAD)
        if data is None:
            raise InputError('There is no picture, or it was removed since. Choose a picture first.')
        return self._worker(lambda: self._analyse(data, boxes, tta, palette, client))

    def _analyse(self, data: bytes, boxes: str, tta: bool, palette: str, client: str) -> dict[str, Any]:
        """The work itself."""
        image = read_upload(data, self.limits)
        given = parse_boxes(boxes, (image.shape[0], image.shape[1]), self.limits.persons)
        people, remark = predict(self.inferencer, image, given, tta, self.limits.persons)
        shown, files = results_of(people, palette)
        return shown | dict(token=self.store.put(files, client_of(client)), remark=remark)

    def close(self) -> None:
        """Remove everything that visitors left."""
        self._worker.close()
        self.store.close()
