import pytest
from mmengine.logging import MMLogger


@pytest.fixture
def log(caplog):
    """What is logged, which mmengine does not pass on to other loggers."""
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    yield caplog
    logger.removeHandler(caplog.handler)
