import pytest
from mmengine.runner import CheckpointLoader


@pytest.fixture
def mmengine_schemes(monkeypatch):
    """Undo the registration of loaders after a test."""
    monkeypatch.setattr(CheckpointLoader, '_schemes', dict(CheckpointLoader._schemes))
