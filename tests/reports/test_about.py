"""What a record says of a run."""

from pathlib import Path

import pytest
from mmengine.config import Config

from mmspd.datasets import LIPMultiTaskDataset
from mmspd.reports.about import about_run, model_name
from mmspd.testing import write_small_tree

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'


@pytest.mark.parametrize(
    ('config', 'name'),
    [
        ('spd/spd_r101_lip.py', 'SPD'),
        ('spd/sp_r101_lip.py', 'SP'),
        ('spd/sd_r101_lip.py', 'SD'),
        ('spd/s_r101_lip.py', 'S'),
        ('spd/p_r101_lip.py', 'P'),
        ('spd/d_r101_lip.py', 'D'),
        ('jppnet/jppnet_r101_lip.py', 'JPPNet'),
        ('quick/jppnet_quick.py', 'JPPNet'),
    ],
)
def test_models_go_by_the_papers_names(config, name):
    assert model_name(Config.fromfile(CONFIGS / config).model) == name


@pytest.mark.parametrize('tta', [False, True])
def test_a_run_says_what_it_was(tmp_path, tta):
    write_small_tree(tmp_path / 'LIP', 0, 2, size=(64, 48))
    config = CONFIGS / 'spd' / 'spd_r101_lip.py'
    cfg = Config.fromfile(config)
    if tta:
        cfg.model = dict(cfg.tta_model, module=cfg.model)
    cfg.test_evaluator = [dict(type='ParsingMetric', label_map=dict(type='LIPToATR')), dict(type='KeypointMetric')]
    dataset = LIPMultiTaskDataset(str(tmp_path / 'LIP'), split='val')
    meta = {'iter': 7, 'seed': 3, 'cfg': 'more'}
    about = about_run(cfg, config, tmp_path / 'iter_7.pth', meta, dataset, tmp_path / 'results', ['b=1', 'a=2'])
    expected = {
        'model': 'SPD',
        'config': 'spd_r101_lip',
        'checkpoint': str(tmp_path / 'iter_7.pth'),
        'iterations': 7,
        'seed': 3,
        'options': ['a=2', 'b=1'],
        'tta': tta,
        'dataset': 'LIP',
        'samples': 2,
        'label_maps': [{'type': 'LIPToATR'}],
        'results': str(tmp_path / 'results'),
    }
    assert {key: about[key] for key in expected} == expected
    assert about['data']['type'] == 'LIPMultiTaskDataset'
    assert about['data']['data_root'] == str(tmp_path / 'LIP')
    assert 'pipeline' not in about['data']


def test_data_of_other_packages_and_one_metric_alone():
    data = dict(type='mmseg.CityscapesDataset', pipeline=[])
    cfg = Config(
        dict(
            model=dict(type='EncoderDecoder'), test_dataloader=dict(dataset=data), test_evaluator=dict(type='IoUMetric')
        )
    )
    about = about_run(cfg, Path('mine.py'), Path('iter_1.pth'), {}, [1, 2, 3], None)
    assert (about['model'], about['dataset'], about['samples']) == ('', 'list', 3)
    assert about['data'] == {'type': 'mmseg.CityscapesDataset'}
    assert about['label_maps'] == []
