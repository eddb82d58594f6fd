import pytest
import torch
from mmengine.logging import MMLogger


@pytest.fixture
def log(caplog):
    """What is logged, which mmengine does not pass on to other loggers."""
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    yield caplog
    logger.removeHandler(caplog.handler)


@pytest.fixture
def charts():
    """2x2 cells: parts 3 and 5 above, background and part 24 below; U of part n is n / 100, V twice that."""
    part_logits = torch.zeros(25, 2, 2)
    for (row, column), part in {(0, 0): 3, (0, 1): 5, (1, 0): 0, (1, 1): 24}.items():
        part_logits[part, row, column] = 5.0
    u = (torch.arange(1, 25) / 100)[:, None, None].expand(24, 2, 2)
    return part_logits, torch.stack([u, 2 * u])
