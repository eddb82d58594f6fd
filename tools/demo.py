"""Use the shipped model, then train, test and draw a small SPD, all on people that the project renders itself.

    python tools/demo.py
    python tools/demo.py --out work_dirs/demo --iterations 400

Everything is written below --out: new people and what the shipped model says of them (new_people/, predicted/); people
to train on (people/), checkpoints and log (run/), metrics (metrics.json) and pictures of ground truth and prediction
(pictures/). Run again, it continues where it was stopped.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# A seed of its own: people that the shipped model has not seen.
NEW_PEOPLE = ('--num', 12, '--val', 6, '--seed', 2026, '--size', 256, 192)
CONFIG = ROOT / 'configs' / 'quick' / 'spd_quick.py'
SHOWN = ('dataset/mIoU', 'image/mIoU', 'image_both/mIoU', 'pose/mED', 'pose/PCKh@0.5', 'surface/I_accuracy')


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, default=ROOT / 'work_dirs' / 'demo', help='where to write everything')
    parser.add_argument('--iterations', type=int, default=400, help='of training (default 400)')
    parser.add_argument('--train', type=int, default=400, help='people to train on (default 400)')
    parser.add_argument('--val', type=int, default=40, help='people to test on (default 40)')
    return parser.parse_args()


def run(script: str, *arguments: object) -> None:
    """Run one of the tools, or ``-m mmspd``, as a user would, printing the command."""
    start = ['-m', 'mmspd'] if script == 'mmspd' else [f'tools/{script}']
    print('\n$', ' '.join(['python', *start, *map(str, arguments)]), flush=True)
    subprocess.run([sys.executable, *start, *map(str, arguments)], check=True, cwd=ROOT)


def use_shipped_model(out: Path) -> None:
    """Render a few people and predict them."""
    new, predicted = out / 'new_people', out / 'predicted'
    run('synthetic/make_people.py', '--out', new, *NEW_PEOPLE)
    pictures = new / 'TrainVal_images' / 'val_images'
    run('mmspd', 'predict', pictures, '--out', predicted, '--export', 'sheet,png,json,iuv', '--overwrite')
    print(f'\nWhat the shipped model says of people that it has not seen: {predicted}')


def main() -> None:
    """Predict with the shipped model; render people, train, test."""
    args = parse_args()
    args.out = args.out.resolve()
    started = time.monotonic()
    use_shipped_model(args.out)
    people, work_dir = args.out / 'people', args.out / 'run'
    # The data set makes its people on first use.
    options = [f'train_cfg.max_iters={args.iterations}', f'param_scheduler.0.end={args.iterations}']
    for split in ('train', 'val', 'test'):
        dataset = f'{split}_dataloader.dataset'
        options += [f'{dataset}.num={args.train + args.val}', f'{dataset}.num_val={args.val}']
    run('train.py', CONFIG, '--work-dir', work_dir, '--data-root', people, '--resume', '--cfg-options', *options)
    checkpoint = work_dir / f'iter_{args.iterations}.pth'
    metrics, pictures = args.out / 'metrics.json', args.out / 'pictures'
    outputs = ('--out', metrics, '--show-dir', pictures, '--show-interval', 4)
    shared = ('--work-dir', work_dir, '--data-root', people, '--cfg-options', *options)
    run('test.py', CONFIG, checkpoint, *outputs, *shared)
    print(f'\nAfter {args.iterations} iterations, on {args.val} people that it has not seen:')
    values = json.loads(metrics.read_text())
    for key in SHOWN:
        print(f'  {key:20s} {values[key]:.3f}')
    print(f'Pictures: {pictures}\nIt took {time.monotonic() - started:.0f} s.')


if __name__ == '__main__':
    main()
