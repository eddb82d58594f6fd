"""Checkpoints that come from someone else: loaded without running anything that they contain.

A checkpoint is a pickle, and a pickle may name any function to call. PyTorch's ``weights_only`` mode refuses all but
tensors and plain containers; mmengine, whose checkpoints also hold the history of logged values, falls back to
unrestricted unpickling. Here there is no fallback: see ``mmspd.utils.inert`` for how the history is read.
"""

import json
import pickle
import re
import sys
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import mmengine
import torch
from mmengine.dist import barrier, get_rank
from mmengine.runner import CheckpointLoader
from torch import nn

from mmspd.utils.inert import STAND_INS, restore

MapLocation = str | torch.device | dict[str, str] | Callable | None

# Numbers of one kind that a model may be given in another precision than its own.
_REAL = {torch.float16, torch.bfloat16, torch.float32, torch.float64}
_WHOLE = {torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64}
_RESAVE = (
    'If you trust where the file comes from, save its weights again in an environment that you can lose: '
    "torch.save(torch.load(path, weights_only=False)['state_dict'], new_path)."
)


def load_checkpoint_file(path: str | Path, map_location: MapLocation = 'cpu') -> dict[str, Any]:
    """Load a checkpoint from disk; whatever the file contains, none of it is executed.

    Tensors, plain containers and mmengine's logged history are read. The configuration that mmengine stores as Python
    source is left out, because ``Runner.resume`` and ``BaseInferencer`` would run it.

    Args:
        path (str | Path): The file; ``~`` is expanded.
        map_location: Where tensors go, as in ``torch.load``.

    Returns:
        dict[str, Any]: A plain state dict, or mmengine's ``state_dict``, ``meta``, ``message_hub``, ``optimizer``, ...

    Raises:
        FileNotFoundError: There is no such file.
        IsADirectoryError: It is a directory.
        ValueError: The file is empty, damaged, no checkpoint, or holds something that is not allowed; the message
            says which, and what to do.
    """
    path = Path(path).expanduser()
    _check_container(path)
    try:
        with _stand_ins_allowed():
            content = torch.load(path, map_location=map_location, weights_only=True)
        content = restore(content)
    except pickle.UnpicklingError as error:
        raise ValueError(_explain_refusal(path, str(error))) from None
    except Exception as error:  # the bytes of a damaged or hostile pickle fail in any way there is
        raise ValueError(
            f'{path} cannot be read as a checkpoint ({type(error).__name__}: {error}). Usual causes: an incomplete '
            'download (compare its size with the source), a file that is no checkpoint, a device in map_location '
            'that this machine does not have.'
        ) from error
    if not isinstance(content, dict):
        raise ValueError(f'{path} holds a {type(content).__name__}, expected a dictionary of weights. {_RESAVE}')
    _drop_config_source(content)
    return content


def use_safe_checkpoints() -> None:
    """Let mmengine load files, ``http(s)://`` and ``torchvision://`` by ``load_checkpoint_file``, in this process.

    It covers ``Runner.load_checkpoint``, ``Runner.resume`` and ``init_cfg=dict(type='Pretrained')``. The other schemes
    with hosts of their own (``open-mmlab://``, ``s3://``, ...) stay mmengine's.
    """
    CheckpointLoader.register_scheme(prefixes='', loader=load_from_local, force=True)
    CheckpointLoader.register_scheme(prefixes=['http://', 'https://'], loader=load_from_http, force=True)
    CheckpointLoader.register_scheme(prefixes='torchvision://', loader=load_from_torchvision, force=True)


def load_from_local(filename: str, map_location: MapLocation = None) -> dict[str, Any]:
    """``load_checkpoint_file`` under the name and signature that mmengine's ``CheckpointLoader`` expects.

    Released weights of Swin and ConvNeXt lie under ``model``, where mmengine does not look; they come as
    ``state_dict``.
    """
    checkpoint = load_checkpoint_file(filename, map_location)
    nested = checkpoint.get('model')
    if 'state_dict' not in checkpoint and isinstance(nested, dict):
        return {'state_dict': nested}
    return checkpoint


def require_weights(model: nn.Module, checkpoint: dict[str, Any], name: str) -> dict[str, torch.Tensor]:
    """Check that a checkpoint has every weight of a model; mmengine only warns, and tests what is left at random.

    Args:
        model (nn.Module): Without a wrapper around it.
        checkpoint (dict[str, Any]): Of :func:`load_from_local`.
        name (str): The file, for the message.

    Returns:
        dict[str, torch.Tensor]: Those weights, without what else the checkpoint holds. Real weights may be of another
        precision than the model's.

    Raises:
        ValueError: A weight is missing, has another shape, is no tensor that the model can take, or is not finite in
            the model's precision; the message names some.
    """
    found = checkpoint.get('state_dict', checkpoint)
    if not isinstance(found, dict):
        raise ValueError(f'{name}: expected a dictionary of weights as its state_dict, got a {type(found).__name__}')
    # Learned task weights play no part in prediction.
    wanted = {key: value for key, value in model.state_dict().items() if not key.startswith('multi_task_loss.')}
    strange = [(key, _what_else(found[key], like)) for key, like in wanted.items() if key in found]
    strange = [(key, what) for key, what in strange if what]
    if strange:
        key, what = strange[0]
        raise ValueError(
            f'{name}: {len(strange)} weights are none: {key} is a {what}, expected a dense tensor that fits '
            f'{str(wanted[key].dtype).removeprefix("torch.")}. Is it a checkpoint of another kind, such as a quantized '
            'one?'
        )
    missing = [key for key in wanted if key not in found]
    other = [key for key in wanted if key in found and found[key].shape != wanted[key].shape]
    if missing or other:
        examples = ', '.join([*missing[:3], *other[:3]])
        raise ValueError(
            f'{name} does not fit the model: of its {len(wanted)} weights {len(missing)} are missing and {len(other)} '
            f'have another shape ({examples}, ...). Is it a checkpoint of another config?'
        )
    taken = {key: found[key] for key in wanted}
    wild = [key for key, value in taken.items() if not torch.isfinite(value.to(wanted[key].dtype)).all()]
    if wild:
        examples = ', '.join(wild[:3])
        raise ValueError(
            f'{name} holds {len(wild)} weights that are not finite ({examples}): has the training diverged?'
        )
    return taken


def _what_else(value: Any, like: torch.Tensor) -> str:
    """What a value is that cannot be read as a weight such as ``like``; empty where it can."""
    if not isinstance(value, torch.Tensor):
        return type(value).__name__
    if value.is_meta:
        return 'tensor without values (on the meta device)'
    if value.is_nested or value.layout != torch.strided:
        return f'{"nested" if value.is_nested else str(value.layout).removeprefix("torch.")} tensor'
    fits = value.dtype == like.dtype or any({value.dtype, like.dtype} <= kind for kind in (_REAL, _WHOLE))
    return '' if fits else f'tensor of {str(value.dtype).removeprefix("torch.")}'


def load_from_http(filename: str, map_location: MapLocation = None, model_dir: str | None = None) -> dict[str, Any]:
    """Download a checkpoint into torch's cache, unless it is there, and load it as ``load_checkpoint_file`` does.

    Args:
        filename (str): The address.
        map_location: Where tensors go, as in ``torch.load``.
        model_dir (str, optional): Directory of the download. Default: ``torch.hub``'s.

    Returns:
        dict[str, Any]: As ``load_checkpoint_file``.

    Raises:
        ValueError: The address names no file, or the file is not a checkpoint of an allowed kind.
    """
    name = Path(urlparse(filename).path).name
    if not name:
        raise ValueError(f'{filename} names no file: expected an address like http://host/checkpoint.pth')
    target = Path(model_dir or Path(torch.hub.get_dir()) / 'checkpoints') / name
    if get_rank() != 0:  # the first process downloads for all that share its disk
        barrier()
    if not target.exists():
        _download(filename, target)
    if get_rank() == 0:
        barrier()
    return load_from_local(str(target), map_location)


def load_from_torchvision(filename: str, map_location: MapLocation = None) -> dict[str, Any]:
    """Download the weights of a torchvision model, without torchvision, and load them as ``load_checkpoint_file`` does.

    mmengine would import torchvision for the address, though it has a table of the first release of each weight itself.

    Args:
        filename (str): Such as ``torchvision://resnet101``.
        map_location: Where tensors go, as in ``torch.load``.

    Returns:
        dict[str, Any]: The state dict.

    Raises:
        ValueError: A model that is not in mmengine's table.
        ConnectionError: The download failed.
    """
    name = filename.removeprefix('torchvision://')
    addresses = json.loads((Path(mmengine.__file__).parent / 'hub' / 'torchvision_0.12.json').read_text())
    if name not in addresses:
        raise ValueError(f'no address of {filename} is known; known are {", ".join(sorted(addresses))}')
    return load_from_http(addresses[name], map_location)


def _download(address: str, target: Path) -> None:
    """Fetch a file into torch's cache; a part of it never gets the target's name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        torch.hub.download_url_to_file(address, str(target), progress=sys.stderr.isatty())
    except OSError as error:
        raise ConnectionError(
            f'{address} could not be downloaded ({error}). Without a connection, put the file at {target}, or give a '
            'local one: --cfg-options model.backbone.init_cfg.checkpoint=FILE, or start from random weights: '
            '--cfg-options model.backbone.init_cfg=None'
        ) from error


def _check_container(path: Path) -> None:
    """Refuse what is no file, and the two containers whose loaders in PyTorch 2.5 and older ignore weights_only."""
    if path.is_dir():
        raise IsADirectoryError(f'{path} is a directory, expected a checkpoint file such as {path / "iter_1000.pth"}')
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist, expected a checkpoint file')
    if path.stat().st_size == 0:
        raise ValueError(f'{path} is empty, expected a checkpoint: it was not downloaded or saved to the end')
    with path.open('rb') as file:
        zipped = file.read(4) == b'PK\x03\x04'  # as torch.load decides
    if zipped:
        _refuse_torchscript(path)
    else:
        _refuse_tar(path)


def _refuse_torchscript(path: Path) -> None:
    """Raise ValueError for a zip file that is damaged or a TorchScript program."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise ValueError(f'{path} is damaged ({error}): it was not downloaded or saved to the end') from error
    if any(Path(name).name == 'constants.pkl' for name in names):
        raise ValueError(f'{path} is a TorchScript program, expected weights: torch.save(model.state_dict(), path)')


def _refuse_tar(path: Path) -> None:
    """Raise ValueError for a tar archive."""
    try:
        with tarfile.open(path, 'r:'):
            pass
    except tarfile.TarError:
        return
    raise ValueError(f'{path} is a tar archive, which PyTorch wrote before 0.1.10, and is not loaded. {_RESAVE}')


def _stand_ins_allowed() -> AbstractContextManager:
    """Let ``weights_only`` build the stand-ins; PyTorch before 2.5 cannot, and refuses training history."""
    safe_globals = getattr(torch.serialization, 'safe_globals', None)
    return nullcontext() if safe_globals is None else safe_globals(list(STAND_INS))


def _explain_refusal(path: Path, reason: str) -> str:
    """The message for an ``UnpicklingError``: what was refused, and what to do."""
    name = re.search(r'GLOBAL (\S+)', reason)
    if name is None:
        detail = reason.strip().splitlines()[-1] if reason.strip() else 'no reason given'
        detail = next((line for line in reason.splitlines() if 'Trying to' in line or 'Unsupported' in line), detail)
        return f'{path} is no checkpoint, or one that asks for more than holding weights ({detail}). {_RESAVE}'
    refused = name.group(1)
    old = ' (PyTorch before 2.5 also refuses the training history in it)' if torch.__version__ < '2.5' else ''
    return f'{path} was not loaded: it holds {refused}, which could run code and is not allowed{old}. {_RESAVE}'


def _drop_config_source(checkpoint: dict[str, Any]) -> None:
    """Remove the Python source that mmengine stores, and in places executes, from a checkpoint, in place."""
    meta = checkpoint.get('meta')
    if isinstance(meta, dict):
        meta.pop('config', None)
        meta.pop('cfg', None)
    hub = checkpoint.get('message_hub')
    runtime = hub.get('runtime_info') if isinstance(hub, dict) else None
    if isinstance(runtime, dict):
        runtime.pop('cfg', None)
