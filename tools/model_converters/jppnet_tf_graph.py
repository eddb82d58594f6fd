"""JPPNet as a TensorFlow graph with random variables, to prove a conversion against.

    python tools/model_converters/jppnet_tf_graph.py work_dirs/jppnet_tf --size 384 384 --batch 2 --picture 301 171

Needs TensorFlow 2 and numpy and nothing of mmspd, so it runs in an environment of its own. The graph is that of the
published network (its public code's layers, variable names and test procedure), written in ``tf.compat.v1``. Written
are, into the folder: ``variables.npz`` and the checkpoint ``model.ckpt-1`` with the same variables; for each --size
``outputs_HxW.npz`` with the input and the six outputs; for each --picture ``picture_HxW.npz`` with a picture, and the
logits and joints that the whole test procedure gives. compare_jppnet_outputs.py compares them with mmspd's.

With --fixture FILE.json a few values, the mean and the spread of every output of the first --size are written, too.
"""

import argparse
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

OUTPUTS = ('parsing1', 'parsing2', 'parsing3', 'pose1', 'pose2', 'pose3')
MEAN = np.array([104.00698793, 116.66876762, 122.67891434], dtype=np.float32)  # BGR
BLOCKS = {2: 'abc', 3: ['a', 'b1', 'b2', 'b3'], 4: ['a', *(f'b{i}' for i in range(1, 23))], 5: 'abc'}
CLASS_PAIRS = ((14, 15), (16, 17), (18, 19))
JOINT_PAIRS = ((0, 5), (1, 4), (2, 3), (10, 15), (11, 14), (12, 13))
SAMPLES = 8

Variables = Callable[[str, tuple[int, ...]], Any]


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder', type=Path, help='where to write')
    parser.add_argument('--seed', type=int, default=0, help='of variables and inputs (default 0)')
    parser.add_argument('--size', type=int, nargs=2, action='append', default=[], metavar=('H', 'W'))
    parser.add_argument('--picture', type=int, nargs=2, action='append', default=[], metavar=('H', 'W'))
    parser.add_argument('--batch', type=int, default=1, help='pictures of an input (default 1)')
    parser.add_argument('--fixture', type=Path, metavar='FILE.json')
    args = parser.parse_args()
    if not args.size and not args.picture:
        parser.error('nothing to run: give --size or --picture')
    if args.fixture and not args.size:
        parser.error('--fixture describes the outputs of a --size')
    return args


def random_variable(name: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Values of a variable that keep activations at a sensible size: float32.

    Each is drawn from its own stream, so that neither order nor other variables matter, by a generator whose numbers
    numpy has promised not to change.
    """
    draw = np.random.RandomState((zlib.crc32(name.encode()) + seed) % 2**32)
    normal = draw.standard_normal(shape)
    leaf = name.rpartition('/')[2]
    if leaf == 'moving_variance':
        values = np.exp(0.2 * normal)
    elif leaf == 'gamma':
        # The residual branches are damped, or thirty-three of them would multiply.
        values = (0.2 if 'branch2c' in name else 1.0) * (1 + 0.1 * normal)
    elif len(shape) == 4:
        values = normal * np.sqrt(2 / np.prod(shape[:3])) / (64 if name.startswith('conv1') else 1)
    else:
        values = 0.1 * normal
    return values.astype(np.float32)


def random_input(size: tuple[int, int], batch: int, seed: int) -> np.ndarray:
    """Pictures of noise, BGR without the mean: float32 (batch, H, W, 3)."""
    draw = np.random.RandomState(seed)
    return draw.randint(0, 256, (batch, *size, 3)).astype(np.float32) - MEAN


def random_picture(size: tuple[int, int], seed: int) -> np.ndarray:
    """A picture of coloured squares with noise, BGR uint8 (H, W, 3)."""
    draw = np.random.RandomState(seed)
    squares = draw.randint(20, 236, (-(-size[0] // 16), -(-size[1] // 16), 3))
    picture = np.kron(squares, np.ones((16, 16, 1), int))[: size[0], : size[1]]
    return (picture + draw.randint(-20, 20, picture.shape)).astype(np.uint8)


class Network:
    """The published network; every call of :meth:`outputs` shares the variables.

    Args:
        tf (module): ``tensorflow.compat.v1``.
        variables (Callable): Gives the variable of a name and shape.
    """

    def __init__(self, tf: Any, variables: Variables) -> None:
        self.tf, self.variables = tf, variables

    def conv(
        self,
        feat: Any,
        name: str,
        width: int,
        kernel: int = 1,
        stride: int = 1,
        rate: int = 1,
        leaves: tuple[str, ...] = ('w', 'b'),
        relu: bool = True,
    ) -> Any:
        """A convolution with ``SAME`` padding, with a bias where there are two leaves."""
        weights = self.variables(f'{name}/{leaves[0]}', (kernel, kernel, int(feat.shape[-1]), width))
        if rate > 1:
            feat = self.tf.nn.atrous_conv2d(feat, weights, rate, padding='SAME')
        else:
            feat = self.tf.nn.conv2d(feat, weights, strides=[1, stride, stride, 1], padding='SAME')
        if len(leaves) > 1:
            feat = self.tf.nn.bias_add(feat, self.variables(f'{name}/{leaves[1]}', (width,)))
        return self.tf.nn.relu(feat) if relu else feat

    def norm(self, feat: Any, name: str, relu: bool = True) -> Any:
        """Batch normalisation by the stored statistics."""
        leaves = ('gamma', 'beta', 'moving_mean', 'moving_variance')
        values = [self.variables(f'{name}/{leaf}', (int(feat.shape[-1]),)) for leaf in leaves]
        feat = self.tf.nn.fused_batch_norm(feat, *values, epsilon=1e-3, is_training=False)[0]
        return self.tf.nn.relu(feat) if relu else feat

    def block(self, feat: Any, stage: int, letter: str) -> Any:
        """A residual block; the first of a stage has a convolution in its shortcut, and in stage 3 the stride."""
        width, rate = 32 * 2**stage // 2, {4: 2, 5: 4}.get(stage, 1)
        stride = 2 if (stage, letter) == (3, 'a') else 1
        name = f'{stage}{letter}_branch'
        shortcut = feat
        if letter == 'a':
            shortcut = self.conv(feat, f'res{name}1', 4 * width, stride=stride, leaves=('weights',), relu=False)
            shortcut = self.norm(shortcut, f'bn{name}1', relu=False)
        feat = self.conv(feat, f'res{name}2a', width, stride=stride, leaves=('weights',), relu=False)
        feat = self.norm(feat, f'bn{name}2a')
        feat = self.conv(feat, f'res{name}2b', width, 3, rate=rate, leaves=('weights',), relu=False)
        feat = self.norm(feat, f'bn{name}2b')
        feat = self.conv(feat, f'res{name}2c', 4 * width, leaves=('weights',), relu=False)
        return self.tf.nn.relu(shortcut + self.norm(feat, f'bn{name}2c', relu=False))

    def aspp(self, feat: Any, names: list[str], leaves: tuple[str, str]) -> Any:
        """Sum of four atrous convolutions to the classes."""
        rates = zip(names, (6, 12, 18, 24), strict=True)
        return self.tf.add_n(
            [self.conv(feat, name, 20, 3, rate=rate, leaves=leaves, relu=False) for name, rate in rates]
        )

    def refine(self, own: Any, partner: Any, context: Any, scope: str, remaps: tuple[str, str], prefix: str) -> tuple:
        """The last feature and the next context of a refinement."""
        feats = [self.conv(part, f'{scope}/{name}', 128) for part, name in zip((own, partner), remaps, strict=True)]
        feat = self.tf.concat([*feats, context], 3)
        for number, (width, kernel) in enumerate(((512, 3), (256, 5), (256, 7), (256, 9)), 1):
            feat = self.conv(feat, f'{scope}/{prefix}{number}', width, kernel)
        return self.conv(feat, f'{scope}/{prefix}5', 256), feat

    def outputs(self, feat: Any) -> list[Any]:
        """Parsing 1 to 3 and pose 1 to 3 of inputs (N, H, W, 3), BGR without the mean."""
        feat = self.norm(self.conv(feat, 'conv1', 64, 7, 2, leaves=('weights',), relu=False), 'bn_conv1')
        feat = self.tf.nn.max_pool(feat, [1, 3, 3, 1], [1, 2, 2, 1], padding='SAME')
        for stage in (2, 3, 4):
            for letter in BLOCKS[stage]:
                feat = self.block(feat, stage, letter)
        context = feat
        for number, width in enumerate((512, 512, 256, 256, 256, 256), 1):
            context = self.conv(context, f'fc1_pose/pose_conv{number}', width, 3)
        top = self.conv(context, 'fc1_pose/pose_conv7', 512)
        pose = [(self.conv(top, 'fc1_pose/pose_conv8', 16, relu=False), context)]
        for letter in BLOCKS[5]:
            feat = self.block(feat, 5, letter)
        caffe = ('weights', 'biases')
        context = self.conv(feat, 'res5d_branch2a_parsing', 512, 3, leaves=caffe)
        context = self.conv(context, 'res5d_branch2b_parsing', 256, 3, leaves=caffe)
        parsing = [(self.aspp(feat, [f'fc1_human_c{i}' for i in range(4)], caffe), context)]
        for step in (2, 3):
            own, other = parsing[-1], pose[-1]
            scope = f'fc{step}_parsing'
            top, context = self.refine(
                *self._inputs(own, other), scope, ('parsing_remap', 'pose_remap'), 'parsing_conv'
            )
            logits = self.aspp(top, [f'{scope}/parsing_human{i}' for i in range(1, 5)], ('w', 'b'))
            parsing.append((logits, context))
            scope = f'fc{step}_pose'
            top, context = self.refine(*self._inputs(other, own), scope, ('pose_remap', 'parsing_remap'), 'conv')
            pose.append((self.conv(top, f'{scope}/conv6', 16, relu=False), context))
        return [prediction for prediction, _ in (*parsing, *pose)]

    @staticmethod
    def _inputs(own: tuple, other: tuple) -> tuple:
        """Own prediction, the other's, own context."""
        return own[0], other[0], own[1]

    def test(self, picture: Any, size: tuple[int, int]) -> tuple[Any, Any]:
        """Mean logits (H, W, 20) and heatmaps (H, W, 16) of a picture (H, W, 3), by the published test procedure."""
        tf = self.tf
        pair = tf.stack([picture, tf.reverse(picture, [1])])
        logits, heatmaps = [], []
        for scale in (1, 0.75, 1.25):
            stretched = tf.image.resize_images(pair, [int(384 * scale), int(384 * scale)])
            outputs = self.outputs(stretched)
            logits += [tf.image.resize_images(each, size) for each in outputs[:3]]
            heatmaps.append(tf.image.resize_nearest_neighbor(outputs[5], size))
        logits, heatmaps = tf.add_n(logits) / 9, tf.add_n(heatmaps) / 3
        return self._mean_of_pair(logits, CLASS_PAIRS), self._mean_of_pair(heatmaps, JOINT_PAIRS)

    def _mean_of_pair(self, maps: Any, pairs: tuple[tuple[int, int], ...]) -> Any:
        """Mean of maps (2, H, W, C) of a picture and of its mirror image, whose left and right are swapped."""
        order = np.arange(int(maps.shape[-1]))
        for left, right in pairs:
            order[[left, right]] = right, left
        return (maps[0] + self.tf.gather(self.tf.reverse(maps[1], [1]), order, axis=-1)) / 2


def first_largest(heatmaps: np.ndarray) -> np.ndarray:
    """Joints (x, y) at the first largest pixel of heatmaps (H, W, K): int64 (K, 2)."""
    rows, columns = np.unravel_index(heatmaps.reshape(-1, heatmaps.shape[-1]).argmax(axis=0), heatmaps.shape[:2])
    return np.stack([columns, rows], axis=1)


def checksums(outputs: dict[str, np.ndarray], seed: int) -> dict[str, dict[str, Any]]:
    """Mean, spread and a few values of each output (N, h, w, C)."""
    draw = np.random.RandomState(seed)
    result = {}
    for name, output in outputs.items():
        places = draw.randint(0, output.size, SAMPLES)
        result[name] = dict(
            shape=list(output.shape),
            mean=float(output.mean(dtype=np.float64)),
            std=float(output.std(dtype=np.float64)),
            places=places.tolist(),
            values=[float(value) for value in output.reshape(-1)[places]],
        )
    return result


class Run(NamedTuple):
    """One run of the graph: the file of its results, what is fed to which placeholder, what is fetched."""

    path: Path
    placeholder: Any
    fed: np.ndarray
    fetches: dict[str, Any]


def plan_runs(args: argparse.Namespace, tf: Any, network: Network) -> list[Run]:
    """The runs that the command line asks for."""
    runs = []
    for height, width in args.size:
        source = tf.placeholder(tf.float32, (args.batch, height, width, 3))
        fetches = dict(zip(OUTPUTS, network.outputs(source), strict=True))
        inputs = random_input((height, width), args.batch, args.seed)
        runs.append(Run(args.folder / f'outputs_{height}x{width}.npz', source, inputs, fetches))
    for height, width in args.picture:
        source = tf.placeholder(tf.float32, (height, width, 3))
        logits, heatmaps = network.test(source - MEAN, (height, width))
        picture = random_picture((height, width), args.seed)
        fetches = dict(logits=logits, heatmaps=heatmaps)
        runs.append(Run(args.folder / f'picture_{height}x{width}.npz', source, picture, fetches))
    return runs


def write_variables(folder: Path, tf: Any, session: Any, made: dict[str, Any], seed: int) -> None:
    """Set the variables, and write them as an archive and as a checkpoint with some of the optimiser's."""
    values = {name: random_variable(name, tuple(each.shape.as_list()), seed) for name, each in made.items()}
    for name, each in made.items():
        each.load(values[name], session)
    np.savez(folder / 'variables.npz', **values)
    extras = [tf.get_variable('global_step', (), tf.int64), tf.get_variable('conv1/weights/Momentum', (7, 7, 3, 64))]
    session.run(tf.variables_initializer(extras))
    tf.train.Saver([*made.values(), *extras]).save(session, str(folder / 'model.ckpt'), global_step=1)


def main() -> None:
    """Build the graph, run it, write the files."""
    args = parse_args()
    import tensorflow.compat.v1 as tf  # here, so that the help and the tests need none

    tf.disable_eager_execution()
    made: dict[str, Any] = {}

    def variable(name: str, shape: tuple[int, ...]) -> Any:
        if name not in made:
            made[name] = tf.get_variable(name, shape, tf.float32, initializer=tf.zeros_initializer())
        return made[name]

    runs = plan_runs(args, tf, Network(tf, variable))
    args.folder.mkdir(parents=True, exist_ok=True)
    with tf.Session() as session:
        write_variables(args.folder, tf, session, made, args.seed)
        for number, run in enumerate(runs):
            results = session.run(run.fetches, {run.placeholder: run.fed})
            if number == 0 and args.fixture:
                facts = dict(seed=args.seed, batch=args.batch, size=args.size[0], outputs=checksums(results, args.seed))
                args.fixture.write_text(json.dumps(facts, indent=1) + '\n')
            if 'heatmaps' in results:
                results['joints'] = first_largest(results['heatmaps'])
            np.savez(run.path, fed=run.fed, **results)
            print(f'{run.path}: spread', ', '.join(f'{name} {value.std():.3f}' for name, value in results.items()))


if __name__ == '__main__':
    main()
