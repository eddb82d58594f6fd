"""Predict the body's surface in a folder's pictures with any model that has a dense-pose branch.

    python tools/datasets/pseudo_label.py configs/spd/spd_r101_lip.py work_dirs/spd_r101_lip/iter_400000.pth \\
        data/LIP/TrainVal_images/train_images --out work_dirs/pseudo_train

Writes --out/results.json, in DensePose-COCO's results format, and --out/images.json, whose images its ids refer to.
tools/datasets/densepose_predictions_to_lip.py makes LIP's surface annotation of them. The folder's JPEG and PNG files
are taken in the order of their names, those in folders below it are not. The region is the predicted foreground's box,
or the whole picture for a model that parses nothing. A result's score is the mean probability of being body over the
cells that are; a picture without any such cell has no result. Stopped, the same command goes on where it was.

Checkpoints are read without executing anything in them. Exit code: 0; 3 if all is written, but some pictures could not
be read; 2 for bad input; 1 where it failed; 130 on Ctrl-C.
"""

import argparse
import hashlib
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from mmcv.transforms import Compose
from mmengine.config import Config, DictAction
from mmengine.registry import init_default_scope
from torch import Tensor, nn

from mmspd.codecs.charts import paste_surface
from mmspd.datasets.files.densepose_file import facts_of_file
from mmspd.datasets.files.densepose_results import DenseResult, result_entry
from mmspd.datasets.persons import no_joints, person_entry
from mmspd.datasets.predictions.result_folder import IMAGES, RESULTS, Piece, write_result_folder
from mmspd.registry import MODELS, TRANSFORMS
from mmspd.structures import SPDDataSample
from mmspd.surface.mirroring import BODY_SURFACE
from mmspd.utils.checkpoint import load_from_local, require_weights, use_safe_checkpoints
from mmspd.utils.checksums import file_sha256
from mmspd.utils.progress import report_progress
from mmspd.utils.whole_files import explain_os_error
from mmspd.version import __version__

SUFFIXES = ('.jpg', '.jpeg', '.png')
UV_RANGE = 255


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', type=Path, help='config file')
    parser.add_argument('checkpoint', type=Path, help='checkpoint file')
    parser.add_argument('folder', type=Path, help='folder of pictures, each of one person')
    parser.add_argument('--out', type=Path, required=True, help='folder to write to; made where there is none')
    parser.add_argument('--batch-size', type=int, default=8, help='pictures at once (default %(default)s)')
    parser.add_argument('--device', help='such as cuda:0 or cpu (default: a GPU where there is one)')
    parser.add_argument(
        '--surface', help=f'name of the predicted surface (default: {BODY_SURFACE} for a config of rendered people, '
        "else none, which is DensePose's)",
    )  # fmt: skip
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, default={}, metavar='KEY=VALUE', help='override config keys'
    )
    return parser.parse_args()


def build_model(cfg: Config, checkpoint: Path, device: torch.device) -> nn.Module:
    """The config's model with the checkpoint's weights.

    Raises:
        ValueError: If the model has no dense-pose branch, or the checkpoint is none or of another model.
    """
    if cfg.model.get('backbone'):
        cfg.model.backbone.pop('init_cfg', None)  # the checkpoint has all weights
    model = MODELS.build(cfg.model)
    if getattr(model, 'densepose_head', None) is None:
        raise ValueError(
            f'{cfg.filename}: its model has no dense-pose branch (densepose_head) and predicts no surface; give a '
            'config that has one, such as configs/spd/spd_r101_lip.py or configs/spd/sd_r101_lip.py'
        )
    content = load_from_local(str(checkpoint), 'cpu')
    require_weights(model, content, str(checkpoint))
    model.load_state_dict(content.get('state_dict', content), strict=False)  # learned loss weights play no part
    return model.to(device).train(False)


def results_of(sample: SPDDataSample, image_id: int) -> list[DenseResult]:
    """The persons predicted in a picture, each as a map of the pixels of its box.

    Args:
        sample (SPDDataSample): With ``pred_surface`` and ``ori_shape``.
        image_id (int): The picture's id.

    Returns:
        list[DenseResult]: Without those of whom no pixel is body.
    """
    height, width = sample.ori_shape
    surface, results = sample.pred_surface, []
    for box, part_logits, uv in zip(surface.bboxes.cpu(), surface.part_logits.cpu(), surface.uv.cpu(), strict=True):
        x1, y1, x2, y2 = box.tolist()
        left, top = max(math.floor(x1), 0), max(math.floor(y1), 0)
        columns, rows = min(math.ceil(x2), width) - left, min(math.ceil(y2), height) - top
        if columns < 1 or rows < 1:
            continue
        corner = torch.tensor([left, top, left, top])
        pasted = paste_surface(part_logits, uv, box - corner, rows, columns)
        pasted[1:] *= UV_RANGE
        iuv = pasted.round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
        if iuv[..., 0].any():
            bbox = (float(left), float(top), float(columns), float(rows))
            results.append(DenseResult(image_id, bbox, body_probability(part_logits), iuv))
    return results


def body_probability(part_logits: Tensor) -> float:
    """Mean probability of being body over the cells (S, S) whose largest logit is a part's; 0 without any.

    Args:
        part_logits (Tensor): (25, S, S), the background first.

    Returns:
        float: 0..1, to six decimals.
    """
    body = part_logits.argmax(dim=0) > 0
    probability = 1 - part_logits.softmax(dim=0)[0]
    return round(float(probability[body].mean()), 6) if body.any() else 0.0


class FolderPredictor:
    """Predicts a folder's pictures, batch by batch.

    Args:
        model (nn.Module): In evaluation mode.
        pipeline (Sequence[dict]): Configs of the steps of a test pipeline.
        paths (Sequence[Path]): The pictures; the first has id 1.
        batch_size (int): Pictures a batch.
    """

    def __init__(self, model: nn.Module, pipeline: Sequence[dict], paths: Sequence[Path], batch_size: int) -> None:
        self.model = model
        self.pipeline = Compose([TRANSFORMS.build(step) for step in pipeline])
        self.paths = paths
        self.batch_size = batch_size

    def __call__(self, number: int) -> Piece:
        """Batch ``number``, counted from 0."""
        piece = Piece()
        batch: dict[str, list[Any]] = {'inputs': [], 'data_samples': []}
        first = number * self.batch_size
        for index, path in enumerate(self.paths[first : first + self.batch_size], start=first):
            try:
                packed = self._load(path)
            except (OSError, ValueError) as error:
                piece.skipped.append(path.name)
                print(f'warning: skipped: {error}', file=sys.stderr)
                continue
            batch['inputs'].append(packed['inputs'])
            batch['data_samples'].append(packed['data_samples'])
            height, width = packed['data_samples'].ori_shape
            piece.images.append({'id': index + 1, 'file_name': path.name, 'height': height, 'width': width})
        if piece.images:
            with torch.no_grad():
                samples = self.model.test_step(batch)
            for image, sample in zip(piece.images, samples, strict=True):
                piece.results += map(result_entry, results_of(sample, image['id']))
        return piece

    def _load(self, path: Path) -> dict[str, Any]:
        """A picture through the pipeline, without any annotation: the model finds the region itself."""
        entry = person_entry(path.stem, path, 'lip')
        return self.pipeline({key: value for key, value in entry.items() if key not in no_joints()})


def pictures_in(folder: Path) -> list[Path]:
    """The folder's JPEG and PNG files by their names.

    Raises:
        NotADirectoryError: If it is no folder.
        ValueError: If it holds none.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f'{folder} is no folder: name the one that the pictures are in')
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise ValueError(f'{folder} holds no JPEG or PNG files; those in folders below it are not taken')
    return paths


def checksum(content: Any) -> str:
    """SHA-256 of a value as JSON."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def plan_of(args: argparse.Namespace, cfg: Config, paths: list[Path], surface: str | None) -> dict[str, Any]:
    """All that the predictions depend on."""
    return {
        'version': __version__,
        'config': args.config.name,
        'model': checksum(cfg.model.to_dict()),
        'pipeline': checksum(cfg.test_dataloader.dataset.to_dict()['pipeline']),
        'checkpoint': file_sha256(args.checkpoint),
        'batch_size': args.batch_size,
        'surface': surface,
        'pictures': checksum([(path.name, path.stat().st_size) for path in paths]),
    }


def label(args: argparse.Namespace) -> int:
    """Predict what the command line asks for.

    Returns:
        int: Number of pictures that could not be read.

    Raises:
        OSError: If a file is missing or cannot be written.
        ValueError: If an argument, the config or the checkpoint is wrong.
    """
    if args.batch_size < 1:
        raise ValueError(f'--batch-size: expected at least 1, got {args.batch_size}')
    facts_of_file({'info': {'surface': args.surface}}, Path('--surface'))  # refuses what is no name
    paths = pictures_in(args.folder)
    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(args.cfg_options)
    init_default_scope(cfg.get('default_scope', 'mmspd'))
    device = torch.device(args.device or ('cuda' if torch.cuda.is_available() else 'cpu'))
    model = build_model(cfg, args.checkpoint, device)
    rendered = cfg.test_dataloader.dataset.type.endswith('SyntheticPeopleDataset')
    surface = args.surface or (BODY_SURFACE if rendered else None)
    predictor = FolderPredictor(model, cfg.test_dataloader.dataset.pipeline, paths, args.batch_size)
    pieces = math.ceil(len(paths) / args.batch_size)
    with report_progress('batches') as report:
        skipped = write_result_folder(args.out, plan_of(args, cfg, paths, surface), pieces, predictor, report, surface)
    print(f'{len(paths) - len(skipped)} of {len(paths)} pictures: {args.out / RESULTS} and {args.out / IMAGES}')
    return len(skipped)


def main() -> int:
    """Label the folder that the command line names.

    Returns:
        int: Exit code; see the top.
    """
    args = parse_args()
    use_safe_checkpoints()
    try:
        skipped = label(args)
    except KeyboardInterrupt:
        print('stopped; the same command goes on from here', file=sys.stderr)
        return 130
    except (OSError, ValueError) as error:
        message = explain_os_error(error) if isinstance(error, OSError) else str(error)
        print(f'error: {message}', file=sys.stderr)
        missing = isinstance(error, FileNotFoundError | FileExistsError | NotADirectoryError)
        return 2 if missing or isinstance(error, ValueError) else 1
    if skipped:
        print(f'{skipped} pictures could not be read; see the warnings', file=sys.stderr)
        return 3
    return 0


if __name__ == '__main__':
    sys.exit(main())
