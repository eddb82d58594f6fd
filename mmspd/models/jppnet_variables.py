"""Names of JPPNet's TensorFlow variables, and what becomes of them in our model.

The names are those that the public JPPNet code gives its variables (Liang et al., "Look into Person: Joint Body Parsing
& Pose Estimation Network and a New Benchmark", TPAMI 2018): a ResNet-101 with Caffe's names, then three parsing and
three pose predictions ``fc1_*``, ``fc2_*``, ``fc3_*``.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from mmspd.surface.archives import ArraySpec

COUNTER = 'num_batches_tracked'  # of PyTorch's batch norm
_BLOCKS = (3, 4, 23, 3)
_NORM = {'weight': 'gamma', 'bias': 'beta', 'running_mean': 'moving_mean', 'running_var': 'moving_variance'}
# The two libraries that the network was written with name a convolution's variables differently.
_CAFFE = {'weight': 'weights', 'bias': 'biases'}
_SHORT = {'weight': 'w', 'bias': 'b'}
_SLOTS = re.compile(r'.+/(Momentum|Adam|RMSProp|Adagrad|Ftrl)(_\d+)?')
_COUNTERS = re.compile(r'(.+/)?(global_step|beta[12]_power)')


class Match(NamedTuple):
    """What a file's variables are to a model.

    Attributes:
        used (dict[str, str]): Our weight -> the file's name of its variable.
        unused (dict[str, str]): The file's name -> why it is not used.
        missing (list[str]): Variables that the model needs and the file does not have.
        wrong (list[str]): Sentences about variables of another type or shape, or there twice.
    """

    used: dict[str, str]
    unused: dict[str, str]
    missing: list[str]
    wrong: list[str]


def variable_names() -> dict[str, str]:
    """Our name of each weight of ``jppnet_r101_original.py``, but for batch norm's counters -> TensorFlow's."""
    return {
        f'{ours}.{leaf}': f'{theirs}/{name}'
        for ours, theirs, leaves in [*_backbone(), *_initial(), *_refinements()]
        for leaf, name in leaves.items()
    }


def _backbone() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Our module, TensorFlow's scope and the names in it, for each layer of the ResNet."""
    convolution = {'weight': 'weights'}
    yield 'backbone.conv1', 'conv1', convolution
    yield 'backbone.bn1', 'bn_conv1', _NORM
    for stage, blocks in enumerate(_BLOCKS, 1):
        for block in range(blocks):
            # Stages of three blocks count a, b, c, longer ones a, b1, b2, ...
            letter = 'abc'[block] if blocks == 3 else f'b{block}' if block else 'a'
            ours, theirs = f'backbone.layer{stage}.{block}', f'{stage + 1}{letter}_branch'
            for number, branch in enumerate('abc', 1):
                yield f'{ours}.conv{number}', f'res{theirs}2{branch}', convolution
                yield f'{ours}.bn{number}', f'bn{theirs}2{branch}', _NORM
            if block == 0:
                yield f'{ours}.downsample.0', f'res{theirs}1', convolution
                yield f'{ours}.downsample.1', f'bn{theirs}1', _NORM


def _initial() -> Iterator[tuple[str, str, dict[str, str]]]:
    """The same for the first prediction of both branches."""
    for rate in range(4):
        yield f'seg_head.classifier.branches.{rate}', f'fc1_human_c{rate}', _CAFFE
    for number, letter in enumerate('ab'):
        yield f'seg_head.context_convs.{number}.conv', f'res5d_branch2{letter}_parsing', _CAFFE
    for number in range(6):
        yield f'pose_head.feature_convs.{number}.conv', f'fc1_pose/pose_conv{number + 1}', _SHORT
    yield 'pose_head.top_conv.0.conv', 'fc1_pose/pose_conv7', _SHORT
    yield 'pose_head.predictor.conv', 'fc1_pose/pose_conv8', _SHORT


def _refinements() -> Iterator[tuple[str, str, dict[str, str]]]:
    """The same for the two refinements of both branches."""
    remaps = {'seg_head': ('parsing_remap', 'pose_remap'), 'pose_head': ('pose_remap', 'parsing_remap')}
    for step in range(2):
        for head, own, prefix in (('seg_head', 'parsing', 'parsing_conv'), ('pose_head', 'pose', 'conv')):
            ours, theirs = f'{head}.refinements.stages.{step}', f'fc{step + 2}_{own}'
            for side, remap in zip(('own', 'partner'), remaps[head], strict=True):
                yield f'{ours}.remap_{side}.0.conv', f'{theirs}/{remap}', _SHORT
            for number in range(4):
                yield f'{ours}.context_convs.{number}.conv', f'{theirs}/{prefix}{number + 1}', _SHORT
            yield f'{ours}.top_conv.0.conv', f'{theirs}/{prefix}5', _SHORT
        for rate in range(4):
            yield (
                f'seg_head.refinements.stages.{step}.predictor.branches.{rate}',
                f'fc{step + 2}_parsing/parsing_human{rate + 1}',
                _SHORT,
            )
        yield f'pose_head.refinements.stages.{step}.predictor.conv', f'fc{step + 2}_pose/conv6', _SHORT


def expected_shape(weight: Tensor) -> tuple[int, ...]:
    """Shape of the variable of a weight of ours: kernels are H, W, in, out there and out, in, H, W here."""
    shape = tuple(weight.shape)
    return (shape[2], shape[3], shape[1], shape[0]) if len(shape) == 4 else shape


def to_weight(variable: np.ndarray) -> Tensor:
    """A variable in our layout, see :func:`expected_shape`: a tensor of its own memory."""
    array = variable.transpose(3, 2, 0, 1) if variable.ndim == 4 else variable
    return torch.from_numpy(np.array(array, order='C'))


def match_variables(entries: Mapping[str, ArraySpec], weights: Mapping[str, Tensor]) -> Match:
    """Compare a file's variables with what a model needs.

    Args:
        entries (Mapping[str, ArraySpec]): The file's variables by name, with ``:0`` at the end or without.
        weights (Mapping[str, Tensor]): The model's state dict.

    Raises:
        ValueError: The model is not JPPNet: it has other weights than :func:`variable_names` knows.
    """
    names = variable_names()
    of_model = {name for name in weights if not name.endswith(COUNTER)}
    if of_model != set(names):
        examples = sorted(of_model ^ set(names))[:3]
        raise ValueError(
            f"the config's model is not JPPNet's: {len(of_model ^ set(names))} weights differ ({examples})"
        )
    there: dict[str, list[str]] = {}
    for name in entries:
        there.setdefault(name.removesuffix(':0'), []).append(name)
    match = Match({}, {}, [], [])
    for ours, theirs in names.items():
        found = there.pop(theirs, [])
        if not found:
            match.missing.append(theirs)
        elif len(found) > 1:
            match.wrong.append(f'{theirs} is there twice, as {" and ".join(found)}')
        elif entries[found[0]] != (want := ArraySpec('float32', expected_shape(weights[ours]))):
            entry = entries[found[0]]
            match.wrong.append(f'{theirs}: expected {want.dtype} {want.shape}, got {entry.dtype} {entry.shape}')
        else:
            match.used[ours] = found[0]
    match.unused.update({name: _reason(name.removesuffix(':0')) for found in there.values() for name in found})
    return match


def _reason(name: str) -> str:
    """Why a variable that no weight asks for is in the file."""
    if _SLOTS.fullmatch(name):
        return "the optimiser's"
    if _COUNTERS.fullmatch(name):
        return 'a counter of training'
    return 'unknown'


def to_state_dict(variables: Mapping[str, np.ndarray], weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A complete state dict of the model.

    Args:
        variables (Mapping[str, np.ndarray]): Our name of a weight -> its variable; all that
            :func:`match_variables` used.
        weights (Mapping[str, Tensor]): The model's state dict.

    Returns:
        dict[str, Tensor]: In the order of ``weights``; batch norm's counters, which TensorFlow does not have, are 0.

    Raises:
        ValueError: Variables with values that are not finite; the message names them all.
    """
    bad = sorted(name for name, variable in variables.items() if not np.isfinite(variable).all())
    if bad:
        theirs = variable_names()
        raise ValueError(f'NaN or infinite values in {", ".join(theirs[name] for name in bad)}')
    return {
        name: torch.zeros_like(weight, device='cpu') if name.endswith(COUNTER) else to_weight(variables[name])
        for name, weight in weights.items()
    }
