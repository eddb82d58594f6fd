"""Another data set folder for a whole config."""

from mmengine.config import Config


def set_data_root(cfg: Config, data_root: str | None) -> None:
    """Let every data loader of a config read from ``data_root``; None leaves it as it is."""
    for name in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        if data_root is not None and cfg.get(name):
            cfg[name].dataset.data_root = str(data_root)
