"""The small SPD learns eight people by heart: all three branches, their losses and decoders at once."""

import copy
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.optim import build_optim_wrapper

from mmspd.anatomy import PARSING_CLASSES
from mmspd.evaluation import KeypointMetric, ParsingMetric, SurfacePointMetric
from mmspd.registry import MODELS
from mmspd.testing.samples import make_batch

CONFIG = Path(__file__).resolve().parents[2] / 'configs' / 'quick' / 'spd_quick.py'
STEPS = 150


def test_eight_people_are_learned_in_150_steps():
    torch.manual_seed(0)
    cfg = Config.fromfile(CONFIG)
    model = MODELS.build(cfg.model)
    model.init_weights()
    batch = make_batch(np.random.default_rng(0), 8, 128, 128, num_points=100, stride=4)
    optimizer = build_optim_wrapper(model, cfg.optim_wrapper)
    schedule = torch.optim.lr_scheduler.PolynomialLR(optimizer.optimizer, STEPS, power=0.9)
    model.train()
    for _ in range(STEPS):
        model.train_step(copy.deepcopy(batch), optimizer)
        schedule.step()

    evaluator = Evaluator([ParsingMetric(per_class=False), KeypointMetric(per_joint=False), SurfacePointMetric()])
    evaluator.dataset_meta = {'classes': PARSING_CLASSES}
    model.eval()
    evaluator.process(model.val_step(copy.deepcopy(batch)), batch)
    metrics = evaluator.evaluate(8)
    assert metrics['dataset/mIoU'] > 0.8
    assert metrics['pose/mED'] < 3.0  # pixels of the network input, which is the picture itself
    assert metrics['surface/I_accuracy'] > 0.9
