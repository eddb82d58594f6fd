"""The numbers that the paper prints (Jug et al., Tables I and II, Section IV.D). The only copy of them.

IoU, precision, recall, F1 and GPS are fractions here, mED is in pixels. The paper does not say how it averages; its IoU
may stand beside the protocol ``image_both``, and its mED beside ``mED_spd_code`` (see docs/evaluation.md).
"""

from typing import Final

__all__ = ['PAPER_AUXILIARY', 'PAPER_MODELS', 'PAPER_PARSING', 'PAPER_SCORES']

# In the paper's order, with the experiment that each belongs to.
PAPER_MODELS: Final = (
    ('JPPNet', 'Comparison'),
    ('SPD', 'Comparison'),
    ('SP', 'Ablation study'),
    ('SD', 'Ablation study'),
    ('S', 'Ablation study'),
)
PAPER_SCORES: Final = ('IoU', 'Precision', 'Recall', 'F1')
# By data set and model; all are trained on LIP.
PAPER_PARSING: Final[dict[str, dict[str, tuple[float, float, float, float]]]] = {
    'LIP': {
        'JPPNet': (0.538, 0.68, 0.66, 0.66),
        'SPD': (0.547, 0.76, 0.68, 0.71),
        'SP': (0.535, 0.74, 0.52, 0.63),
        'SD': (0.478, 0.67, 0.50, 0.57),
        'S': (0.483, 0.62, 0.49, 0.54),
    },
    'ATR': {
        'JPPNet': (0.464, 0.66, 0.67, 0.66),
        'SPD': (0.472, 0.67, 0.70, 0.68),
        'SP': (0.423, 0.69, 0.53, 0.60),
        'SD': (0.340, 0.59, 0.44, 0.50),
        'S': (0.291, 0.50, 0.56, 0.52),
    },
}
# On LIP, by metric and model.
PAPER_AUXILIARY: Final[dict[str, dict[str, float]]] = {
    'pose/mED_spd_code': {'JPPNet': 51.2, 'SPD': 55.01, 'SP': 56.82},
    'gps/GPS': {'SPD': 0.482, 'SD': 0.501},
}
