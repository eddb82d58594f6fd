"""Models as files that run without mmspd: ONNX and ``torch.export``, checked against the model when they are made."""

from mmspd.export.comparison import TOLERANCES, Differences, Tolerance
from mmspd.export.export_model import FORMATS, PRECISIONS, ExportReport, export_model
from mmspd.export.network import ExportNetwork

__all__ = [
    'FORMATS',
    'PRECISIONS',
    'TOLERANCES',
    'Differences',
    'ExportNetwork',
    'ExportReport',
    'Tolerance',
    'export_model',
]
