"""Run an exported model on pictures, with onnxruntime, numpy, OpenCV and Pillow alone.

    python tools/deployment/onnx_runner.py spd_small.onnx person.jpg other.png --out results
    python tools/deployment/onnx_runner.py spd_small.onnx street.jpg --box 120 40 310 560

For each picture, of one person: NAME_parsing.png, classes with the model's palette; NAME_joints.json, x, y in pixels
(the first one's centre is 0, 0) and scores; NAME_IUV.png, part I as blue, U and V times 255 as green and red. Where it
sees nobody maps are 0 and the list is empty. --box names the person. What cannot be read is reported and skipped.
"""

import argparse
import json
import pathlib
import sys

import cv2
import numpy as np
import onnxruntime
from PIL import Image, ImageOps

MAX_PIXELS, STRIP = 8192 * 8192, 64  # of a picture; rows drawn at once


def read_picture(path: pathlib.Path) -> np.ndarray:
    """A JPEG or PNG, upright and on white, as uint8 (H, W, 3), RGB; ValueError for what cannot be read rightly."""
    try:
        with Image.open(path, formats=('JPEG', 'PNG')) as image:
            if image.width * image.height > MAX_PIXELS or image.mode.startswith('I'):
                raise ValueError(f'{image.width} x {image.height} pixels are too many, or its grey has 16 bits')
            upright = ImageOps.exif_transpose(image).convert('RGBA')
            return np.array(Image.alpha_composite(Image.new('RGBA', upright.size, 'white'), upright).convert('RGB'))
    except Exception as error:  # Pillow raises a dozen kinds for broken files
        raise ValueError(f'cannot be read as JPEG or PNG image: {error}') from error


def reading(low: float, high: float, limit: int, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Of 0..limit - 1 the pixels whose centres lie on a line of cells from edge ``low`` to ``high``, int (P,), and how
    much each cell counts at each of them, bilinearly: float32 (P, cells)."""
    pixels = np.arange(*(int(np.ceil(np.clip(edge, 0, limit) - 0.5)) for edge in (low, high)))
    places = ((pixels + 0.5 - low) / (high - low) * cells - 0.5).clip(0, cells - 1) if len(pixels) else pixels
    return pixels, (1 - np.abs(places[:, None] - np.arange(cells))).clip(0).astype(np.float32)


def draw(logits: np.ndarray, values: np.ndarray, box: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Over a box (2, 2) of a picture of ``size`` (W, H) the winning channel of logits (C, h, w), and where that is
    k > 0 that of values (2, C - 1, h, w) number k - 1: float32 (3, H, W), 0 outside the box."""
    drawn = np.zeros((3, *size[::-1]), np.float32)
    (columns, across), (rows, down) = (reading(*box[:, k], size[k], logits.shape[2 - k]) for k in (0, 1))
    for start in range(0, len(rows) if len(columns) else 0, STRIP):
        strip = down[start : start + STRIP]
        place = np.s_[rows[start] : rows[start] + len(strip), columns[0] : columns[-1] + 1]
        winner = drawn[0][place] = (strip @ logits @ across.T).argmax(axis=0)
        for channel, maps in enumerate(values, start=1):
            chosen = np.take_along_axis(strip @ maps @ across.T, np.maximum(winner - 1, 0)[None], axis=0)[0]
            drawn[channel][place] = chosen * (winner > 0)
    return drawn


def find_peak(heatmap: np.ndarray, sigma: int) -> tuple[float, float, float]:
    """The place x, y of a heatmap's maximum in cells, by a Gaussian fitted to the cells around it, and its value."""
    heatmap = np.nan_to_num(heatmap.astype(np.float64), posinf=0, neginf=0)
    score, peak = heatmap.max(), np.argwhere(heatmap == heatmap.max()).mean(axis=0)[::-1]
    y, x = np.mgrid[: heatmap.shape[0], : heatmap.shape[1]] - peak[::-1, None, None]
    used = (np.maximum(abs(x), abs(y)) <= -(-3 * sigma // 2)) & (heatmap > 1e-3 * score) & (score > 0)
    x, y, relative = x[used], y[used], heatmap[used] / score
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y])
    normal = (terms * relative**2) @ terms.T + 1e-9 * np.eye(6) * (1 + (relative**2).sum())
    _, b, c, d, e, f = np.linalg.solve(normal, (terms * relative**2) @ np.log(relative))
    if d < -1e-6 and f < -1e-6 and 4 * d * f - e * e > 1e-9:
        peak = peak + np.clip(np.array([c * e - 2 * b * f, b * e - 2 * c * d]) / (4 * d * f - e * e), -1, 1)
    return peak[0], peak[1], score


def predict(session: onnxruntime.InferenceSession, about: dict, image: np.ndarray, person: list | None = None) -> dict:
    """Of a picture uint8 (H, W, 3), RGB, and a person's box x1, y1, x2, y2 on pixel edges, or None: ``parsing`` uint8
    (H, W), ``joints`` (K, 3), none where nobody is, ``iuv`` float32 (3, H, W), as far as the model has them."""
    full, size = np.array(image.shape[1::-1]), np.array(about['input_size'])
    low, high = np.reshape([0, 0, *full] if person is None else person, (2, 2))
    if not (np.isfinite([low, high]).all() and (np.maximum(low, 0) < np.minimum(high, full)).all()):
        raise ValueError(f'{person} is no box in {full[0]} x {full[1]} pixels')
    extra = about['box_margin'] * (high - low)
    crop = np.clip([np.floor(low - extra), np.ceil(high + extra)], 0, full).astype(int)
    corner, extent, scale = crop[0], crop[1] - crop[0], size / (crop[1] - crop[0])
    reduced = np.where(extent > 4 * size, 2 * size, extent)  # as bilinear sampling would leave pixels out
    part = image[crop[0, 1] : crop[1, 1], crop[0, 0] : crop[1, 0]]
    part = cv2.resize(part, reduced.tolist(), interpolation=cv2.INTER_AREA)
    matrix = np.column_stack([np.diag(size / reduced), 0.5 * size / reduced - 0.5])  # pixel edges upon pixel edges
    part = cv2.warpAffine(part, matrix, size.tolist(), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    box = (np.clip([low, high], 0, full) - corner) * scale * (person is not None)  # 0: the network looks for itself
    given = dict(image=part.transpose(2, 0, 1)[None].astype(np.float32), boxes=box.reshape(1, 4).astype(np.float32))
    values = session.run(None, {each.name: given[each.name] for each in session.get_inputs()})
    maps = {each.name: value[0] for each, value in zip(session.get_outputs(), values, strict=True)}
    results = {}
    if 'seg_logits' in maps:
        results['parsing'] = draw(maps['seg_logits'], np.zeros(0), crop, full)[0].astype(np.uint8)
    if 'heatmaps' in maps:
        joints = np.array([find_peak(heatmap, about['sigma']) for heatmap in maps['heatmaps']])
        pixels = np.clip(joints[:, :2] * (size - 1) / np.subtract(maps['heatmaps'].shape[:0:-1], 1), -0.5, size - 0.5)
        results['joints'] = np.column_stack([(pixels + 0.5) / scale - 0.5 + corner, joints[:, 2]])
    if 'uv' in maps:
        results['iuv'] = draw(maps['part_logits'], maps['uv'], maps['boxes_used'].reshape(2, 2) / scale + corner, full)
    if person is None and not results.get('parsing', results.get('iuv', np.ones(1))).any():  # nobody
        results = {name: value[:0] if name == 'joints' else 0 * value for name, value in results.items()}
    return results


def save(results: dict, about: dict, stem: pathlib.Path) -> None:
    """Write what :func:`predict` gives."""
    if 'parsing' in results:
        label = Image.fromarray(results['parsing'])
        label.putpalette(np.array(about['palette'], np.uint8).tobytes())
        label.save(f'{stem}_parsing.png')
    if 'joints' in results:
        rows = zip(about['joints'], results['joints'].tolist(), strict=False)  # no rows where nobody is
        listed = [dict(name=name, x=x, y=y, score=score) for name, (x, y, score) in rows]
        pathlib.Path(f'{stem}_joints.json').write_text(json.dumps(listed, indent=1), encoding='utf-8')
    if 'iuv' in results:
        iuv = np.rint(results['iuv'][::-1].transpose(1, 2, 0) * (255, 255, 1)).astype(np.uint8)
        Image.fromarray(iuv).save(f'{stem}_IUV.png')


def main() -> None:
    """Read the model, then picture after picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('model', type=pathlib.Path, help='ONNX file that mmspd exported')
    parser.add_argument('pictures', type=pathlib.Path, nargs='+', help='JPEG or PNG files')
    parser.add_argument('--out', type=pathlib.Path, default='results', help='folder (default: %(default)s)')
    parser.add_argument('--box', type=float, nargs=4, metavar=('X1', 'Y1', 'X2', 'Y2'), help='person, pixel edges')
    args = parser.parse_args()
    if len({path.stem.casefold() for path in args.pictures}) < len(args.pictures):
        parser.error('pictures of equal names would overwrite one another in --out: give them in separate calls')
    try:
        session = onnxruntime.InferenceSession(args.model.read_bytes(), providers=['CPUExecutionProvider'])
        about = json.loads(session.get_modelmeta().custom_metadata_map['mmspd'])
    except Exception as error:  # onnxruntime's kinds have no common base
        parser.error(f'{args.model}: expected an ONNX file that mmspd exported: {type(error).__name__}: {error}')
    args.out.mkdir(parents=True, exist_ok=True)
    failed = False
    for path in args.pictures:
        try:
            save(predict(session, about, read_picture(path), args.box), about, args.out / path.stem)
        except (OSError, ValueError) as error:
            failed = True
            print(f'skipped: {path}: {error}', file=sys.stderr)
    sys.exit(failed)


if __name__ == '__main__':
    main()
