"""From a model's weights to pseudo-labels in LIP's folder, training on them, and metrics that refuse them."""

import hashlib
import json
import os
import pickle
import runpy
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import DefaultScope
from mmengine.runner.checkpoint import CheckpointLoader
from mmengine.structures import InstanceData

from mmspd.codecs.charts import paste_surface
from mmspd.datasets import LIPMultiTaskDataset
from mmspd.datasets.files.densepose_file import read_densepose
from mmspd.datasets.files.densepose_results import read_results
from mmspd.evaluation import SurfacePointMetric
from mmspd.registry import MODELS
from mmspd.structures import SPDDataSample
from tests.integration.short_run import write_short_config
from tests.models.tiny import tiny_spd

ROOT = Path(__file__).resolve().parents[2]
ANYTHING = ('--min-score', 0, '--min-area', 1, '--min-overlap', 0)


def run(tool, *arguments):
    """Run a tool in this process, where the packages are imported already; returns its exit code."""
    main = runpy.run_path(str(ROOT / 'tools' / 'datasets' / tool))['main']
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, 'argv', [tool, *map(str, arguments)])
        # A process of its own would take its loaders of checkpoints along.
        patch.setattr(CheckpointLoader, '_schemes', dict(CheckpointLoader._schemes))
        return main()


def random_model(config):
    torch.manual_seed(0)
    model = MODELS.build(config)
    model.init_weights()
    return model.train(False)


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """A config file, the weights of its tiny model, random ones, and the tree of people beside it."""
    folder = tmp_path_factory.mktemp('labels')
    config = write_short_config(folder, iterations=1, interval=1)
    with DefaultScope.overwrite_default_scope('mmspd'):
        torch.save({'state_dict': random_model(tiny_spd()).state_dict()}, folder / 'tiny.pth')
    return config, folder / 'tiny.pth', folder / 'LIP'


@pytest.fixture(scope='module')
def labelled(trained, tmp_path_factory):
    """The tree's five train pictures, predicted two at a time; a broken one and a text lie among them."""
    config, checkpoint, tree = trained
    folder = tmp_path_factory.mktemp('pictures') / 'pictures'
    shutil.copytree(tree / 'TrainVal_images' / 'train_images', folder)
    (folder / '0_0.jpg').write_bytes(b'\xff\xd8\xff broken')
    (folder / 'notes.txt').write_text('no picture')
    out = folder.parent / 'out'
    assert run('pseudo_label.py', config, checkpoint, folder, '--out', out, '--batch-size', 2) == 3
    return folder, out


def predict(config, checkpoint, groups):
    """Each picture's ``pred_surface``, by the data set's own way of testing, in groups of pictures."""
    cfg = Config.fromfile(config)
    with DefaultScope.overwrite_default_scope('mmspd'):
        model = random_model(cfg.model)
        model.load_state_dict(torch.load(checkpoint, weights_only=True)['state_dict'])
        kept = ('LoadPersonImage', 'PersonAffine', 'PackSPDInputs')
        steps = [step for step in cfg.test_dataloader.dataset.pipeline if step.type in kept]
        dataset = LIPMultiTaskDataset(cfg.test_dataloader.dataset.data_root, 'train', pipeline=steps, test_mode=True)
        samples = {}
        for group in groups:
            batch = pseudo_collate([dataset[index] for index in group])
            for sample in batch['data_samples']:  # so that the model looks for the region itself
                del sample.gt_instance_labels
            with torch.no_grad():
                samples.update((sample.img_id, sample) for sample in model.test_step(batch))
    return samples


def test_maps_are_the_models_own_predictions(trained, labelled):
    out = labelled[1]
    images = json.loads((out / 'images.json').read_text())
    names = {image['id']: Path(image['file_name']).stem for image in images['images']}
    # The broken one has the first id and is left out; of two pictures a batch, it leaves one alone.
    assert list(names) == [2, 3, 4, 5, 6]
    assert {(image['height'], image['width']) for image in images['images']} == {(64, 48)}
    assert images['info']['skipped'] == ['0_0.jpg']
    samples = predict(*trained[:2], groups=[[0], [1, 2], [3, 4]])
    results = list(read_results(out / 'results.json'))
    assert sorted(names[result.image_id] for result in results) == sorted(samples)
    for result in results:
        surface = samples[names[result.image_id]].pred_surface
        whole = paste_surface(surface.part_logits[0], surface.uv[0], surface.bboxes[0], 64, 48).numpy()
        x, y, width, height = map(int, result.bbox)
        written = np.zeros((64, 48, 3), np.uint8)
        written[y : y + height, x : x + width] = result.iuv
        np.testing.assert_array_equal(written[..., 0], whole[0])
        np.testing.assert_array_equal(written[..., 1:], np.rint(whole[1:] * 255).transpose(1, 2, 0))
        logits = surface.part_logits[0].double().numpy().reshape(25, -1)
        shares = np.exp(logits) / np.exp(logits).sum(axis=0)
        body = 1 - shares[0, logits.argmax(axis=0) > 0]
        assert result.score == pytest.approx(body.mean(), abs=2e-6)


@pytest.mark.parametrize(
    ('box', 'written'),
    [
        ((10.3, 20.6, 30.2, 40.9), (10, 20, 21, 21)),
        ((-7.5, 3.0, 12.0, 70.0), (0, 3, 12, 61)),
        ((40.0, 60.0, 60.0, 70.0), (40, 60, 8, 4)),
        ((50.0, 60.0, 60.0, 70.0), None),
        ((20.0, 10.0, 20.0, 40.0), None),
    ],
)
def test_a_region_anywhere_is_written_at_its_pixels(box, written):
    results_of = runpy.run_path(str(ROOT / 'tools' / 'datasets' / 'pseudo_label.py'))['results_of']
    draw = torch.Generator().manual_seed(0)
    part_logits, uv = torch.randn(1, 25, 8, 8, generator=draw), torch.rand(1, 2, 24, 8, 8, generator=draw)
    sample = SPDDataSample(metainfo={'ori_shape': (64, 48)})
    sample.pred_surface = InstanceData(bboxes=torch.tensor([box]), part_logits=part_logits, uv=uv)
    results = results_of(sample, 7)
    assert [result.bbox for result in results] == ([] if written is None else [written])
    whole = paste_surface(part_logits[0], uv[0], torch.tensor(box), 64, 48)
    pasted = np.zeros((64, 48), np.uint8)
    for result in results:
        x, y, width, height = map(int, result.bbox)
        pasted[y : y + height, x : x + width] = result.iuv[..., 0]
        assert result.image_id == 7
    # A box moved by whole pixels may differ in a sum's last bit, and so in a pixel where two parts are alike.
    assert np.count_nonzero(pasted != whole[0].numpy()) <= 1


def test_a_region_of_background_has_no_result():
    results_of = runpy.run_path(str(ROOT / 'tools' / 'datasets' / 'pseudo_label.py'))['results_of']
    part_logits = torch.zeros(1, 25, 8, 8)
    part_logits[:, 0] = 1
    sample = SPDDataSample(metainfo={'ori_shape': (64, 48)})
    sample.pred_surface = InstanceData(
        bboxes=torch.tensor([[0.0, 0, 48, 64]]), part_logits=part_logits, uv=torch.rand(1, 2, 24, 8, 8)
    )
    assert results_of(sample, 7) == []


def test_the_surface_of_rendered_people_is_named(labelled):
    assert json.loads((labelled[1] / 'images.json').read_text())['info']['surface'] == 'mmspd_body'


def fingerprints(out):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in out.iterdir()}


def test_stopped_and_called_again_it_gives_the_same_bytes(trained, labelled, tmp_path, monkeypatch, capsys):
    folder, out = labelled
    call = ('pseudo_label.py', *trained[:2], folder, '--batch-size', 2, '--out', tmp_path / 'out')
    calls = []
    original = torch.nn.Module.__call__

    def stop_in_the_second_batch(self, *args, **kwargs):
        if type(self).__name__ == 'SPD':
            calls.append(1)
            if len(calls) == 2:
                raise KeyboardInterrupt
        return original(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(torch.nn.Module, '__call__', stop_in_the_second_batch)
        assert run(*call) == 130
    assert 'the same command goes on' in capsys.readouterr().err
    assert [path.name for path in (tmp_path / 'out').iterdir()] == ['.unfinished']
    assert run(*call) == 3
    assert fingerprints(tmp_path / 'out') == fingerprints(out)
    assert run(*call) == 3  # it is there: nothing is done
    assert run(*call[:-3], 3, *call[-2:]) == 2
    assert 'other predictions (other: batch_size)' in capsys.readouterr().err


def test_a_model_without_the_branch_is_refused(trained, tmp_path, capsys):
    cfg = Config.fromfile(trained[0])
    cfg.model = tiny_spd(densepose_head=None)
    cfg.dump(tmp_path / 'without.py')
    (tmp_path / '1_2.png').write_bytes(b'')
    assert run('pseudo_label.py', tmp_path / 'without.py', trained[1], tmp_path, '--out', tmp_path / 'out') == 2
    assert 'without.py: its model has no dense-pose branch' in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()


def test_a_hostile_checkpoint_executes_nothing(trained, labelled, tmp_path, capsys):
    marker = tmp_path / 'executed'

    class Payload:
        def __reduce__(self):
            return os.mkdir, (str(marker),)

    (tmp_path / 'hostile.pth').write_bytes(pickle.dumps({'state_dict': {}, 'meta': Payload()}))
    out = tmp_path / 'out'
    assert run('pseudo_label.py', trained[0], tmp_path / 'hostile.pth', labelled[0], '--out', out) == 2
    assert 'hostile.pth' in capsys.readouterr().err
    assert not marker.exists()
    assert not out.exists()


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'folder': 'nowhere'}, 'nowhere is no folder'),
        ({'folder': '.'}, 'holds no JPEG or PNG'),
        ({'size': 0}, 'at least 1'),
    ],
)
def test_bad_calls_are_refused(trained, labelled, tmp_path, capsys, change, message):
    folder = tmp_path / change['folder'] if 'folder' in change else labelled[0]
    size = ('--batch-size', change.get('size', 8))
    assert run('pseudo_label.py', *trained[:2], folder, '--out', tmp_path / 'out', *size) == 2
    assert message in capsys.readouterr().err


@pytest.fixture
def tree(trained, tmp_path):
    return Path(shutil.copytree(trained[2], tmp_path / 'LIP'))


def convert(tree, labelled, *options):
    out = labelled[1]
    return run(
        'densepose_predictions_to_lip.py',
        out / 'results.json',
        '--images',
        out / 'images.json',
        '--lip',
        tree,
        *options,
    )


def test_pseudo_labels_are_trained_on_and_refused_as_truth(trained, labelled, tree, capsys):
    assert convert(tree, labelled, *ANYTHING, '--points', 40) == 0
    said = capsys.readouterr().out
    assert '| chosen | 5 |' in said
    assert 'train: 5 of 5 persons, 200 points' in said
    surfaces = read_densepose(tree / 'densepose_train_predicted.json')
    assert list(surfaces) == (tree / 'train_id.txt').read_text().split()
    assert all(surface['predicted'] and surface['surface_name'] == 'mmspd_body' for surface in surfaces.values())
    assert not (tree / 'densepose_val_predicted.json').exists()
    cfg = Config.fromfile(trained[0])
    with DefaultScope.overwrite_default_scope('mmspd'):
        model = random_model(cfg.model)
        steps = cfg.train_dataloader.dataset.pipeline
        dataset = LIPMultiTaskDataset(str(tree), surface_file='densepose_train_predicted.json', pipeline=steps)
        batch = model.data_preprocessor(pseudo_collate([dataset[(0, 0, index)] for index in (0, 1)]))
        losses = model.train()(**batch, mode='loss')
        losses['loss_densepose'].backward()
        for predictor in (model.densepose_head.part_predictor, model.densepose_head.uv_predictor):
            assert any(weight.grad.abs().sum() > 0 for weight in predictor.parameters())
        steps = cfg.test_dataloader.dataset.pipeline
        dataset = LIPMultiTaskDataset(
            str(tree), surface_file='densepose_train_predicted.json', pipeline=steps, test_mode=True
        )
        model.train(False)
        with torch.no_grad():
            samples = model.test_step(pseudo_collate([dataset[0]]))
    with pytest.raises(ValueError, match=r'train_images.*predicted pseudo-labels are no truth'):
        SurfacePointMetric().process({}, [sample.to_dict() for sample in samples])
