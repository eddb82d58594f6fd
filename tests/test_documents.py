"""What README and docs/ name exists: files, tools, options, config keys, make targets, metric keys."""

import inspect
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config, DictAction
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData, PixelData
from PIL import Image

from mmspd.evaluation import GPSMetric, KeypointMetric, ParsingMetric, SurfacePointMetric
from mmspd.evaluation.functional import PROTOCOLS, ParsingCounts, count_image, score_parsing
from mmspd.registry import DATASETS, METRICS, MODELS
from mmspd.structures import SPDDataSample
from mmspd.testing.people import sample_person

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob('*.md'), *(ROOT / 'docs').rglob('*.md')])
LINK = re.compile(r'\]\(([^)\s]+)\)')
BLOCK = re.compile(r'^```(\w*)\n(.*?)^```', re.MULTILINE | re.DOTALL)
METRIC_KEY = re.compile(r'`((?:dataset|image|image_both|pose|surface|gps|gpsm)/[^`\s]+)`')

documents = pytest.mark.parametrize('path', DOCUMENTS, ids=lambda path: path.name)


def blocks(path, language):
    return [text for kind, text in BLOCK.findall(path.read_text(encoding='utf-8')) if kind == language]


def commands(path):
    """The command lines of a document's shell blocks, as words, without comments."""
    lines = '\n'.join(blocks(path, 'bash')).replace('\\\n', ' ').splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def test_the_documents_are_found():
    assert {'README.md', 'architecture.md', 'evaluation.md'} <= {path.name for path in DOCUMENTS}


@documents
def test_relative_links_lead_to_files(path):
    links = [link.split('#')[0] for link in LINK.findall(path.read_text(encoding='utf-8'))]
    lost = [link for link in links if link and '://' not in link and not (path.parent / link).exists()]
    assert lost == []


def wrong_words(words):
    """The words of a command that name no existing tool, config or option."""
    if words[1:3] == ['-m', 'mmspd']:
        files, given = [ROOT / 'mmspd' / 'cli' / f'{words[3]}.py', ROOT / 'mmspd' / 'cli' / 'models.py'], words[4:]
    else:
        files, given = [ROOT / words[1]], words[2:]
    if not files[0].is_file():
        return [words[1] if len(files) == 1 else words[3]]
    source, wrong = ''.join(file.read_text(encoding='utf-8') for file in files), []
    for word in given:
        if word.startswith('--'):
            wrong += [word] if f"'{word}'" not in source else []
        elif word.startswith('configs/'):  # the benchmark joins several by +
            wrong += [path for path in word.split('+') if not (ROOT / path).is_file()]
    return wrong


def test_wrong_words_by_hand():
    command = 'python tools/train.py configs/spd/spd_r101_lip.py --resume --no-such-option'
    assert wrong_words(command.split()) == ['--no-such-option']
    assert wrong_words(['python', 'tools/gone.py', '--resume']) == ['tools/gone.py']
    assert wrong_words(['python', 'tools/test.py', 'configs/gone.py', 'CHECKPOINT']) == ['configs/gone.py']
    assert wrong_words(['python', '-m', 'mmspd', 'predict', 'a.jpg', '--device', 'cpu', '--ott']) == ['--ott']
    assert wrong_words(['python', '-m', 'mmspd', 'predicts', 'a.jpg']) == ['predicts']
    joined = 'configs/spd/s_r101_lip.py+configs/gone.py'
    assert wrong_words(['python', 'tools/analysis/benchmark.py', joined]) == ['configs/gone.py']


@documents
def test_commands_name_existing_tools_configs_and_options(path):
    for words in commands(path):
        if words[0] == 'python':
            assert wrong_words(words) == [], ' '.join(words)
        elif words[0] == 'make':
            assert re.search(rf'^{words[1]}:', (ROOT / 'Makefile').read_text(encoding='utf-8'), re.MULTILINE), words


def takes(config, name):
    """Whether a config's dict has the key, or the class that it describes takes such an argument."""
    if not isinstance(config, dict) or name in config:
        return isinstance(config, dict)
    for registry in (MODELS, DATASETS, METRICS):
        if cls := registry.get(config.get('type', 'none')):
            return any(name in inspect.signature(base.__init__).parameters for base in cls.__mro__)
    return False


def unknown_keys(cfg, keys):
    """The dotted keys that lead nowhere in a config."""
    unknown = []
    for key in keys:
        *parents, last = key.split('.')
        place = cfg
        for name in parents:
            place = place[int(name)] if isinstance(place, list) else place.get(name, {}) if place else {}
        if not takes(place, last):
            unknown.append(key)
    return unknown


def test_unknown_keys_by_hand():
    init_default_scope('mmspd')
    cfg = Config.fromfile(ROOT / 'configs/spd/spd_r101_lip.py')
    good = ['train_cfg.max_iters', 'model.seg_head.exchange', 'test_evaluator.0.output_dir', 'param_scheduler.0.end']
    assert unknown_keys(cfg, good) == []
    bad = ['train_cfg.max_iter', 'model.seg_head.exchanges', 'model.head.exchange', 'data_roots']
    assert unknown_keys(cfg, bad) == bad


@documents
def test_overridden_keys_exist(path):
    init_default_scope('mmspd')
    for words in commands(path):
        if '--cfg-options' not in words or words[2].isupper():
            continue
        options = [word.split('=', 1) for word in words[words.index('--cfg-options') + 1 :]]
        # An ablation's options go to the configs of its models, here on rendered people.
        config = 'configs/quick/spd_quick.py' if words[1] == 'tools/run_ablation.py' else words[2]
        cfg = Config.fromfile(ROOT / config)
        assert unknown_keys(cfg, [key for key, _ in options]) == [], ' '.join(words)
        cfg.merge_from_dict({key: DictAction._parse_iterable(value) for key, value in options})


@pytest.mark.parametrize('path', [ROOT / 'README.md', ROOT / 'docs' / 'configs.md'], ids=lambda path: path.name)
def test_configs_in_documents_build(path, tmp_path):
    init_default_scope('mmspd')
    written = [text for text in blocks(path, 'python') if 'model = dict(' in text]
    assert written
    for number, text in enumerate(written):
        file = tmp_path / f'config_{number}.py'
        file.write_text(text.replace("'./", f"'{ROOT}/configs/spd/"))
        cfg = Config.fromfile(file)
        cfg.model.backbone.pop('init_cfg', None)  # no downloads
        if cfg.model.type == 'EncoderDecoder':
            init_default_scope('mmseg')
        assert next(MODELS.build(cfg.model).parameters()).numel() > 0
        init_default_scope('mmspd')


def test_the_readmes_call_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(sample_person(0, 256, 192).image[..., ::-1]).save('person.jpg')
    (call,) = (text for text in blocks(ROOT / 'README.md', 'python') if 'SPDInferencer' in text)
    exec(call, {})
    written = {path.name for path in (tmp_path / 'results').iterdir()}
    assert {
        'person_sheet.png',
        'person_parsing.png',
        'person.json',
        'person_IUV.png',
        'person_person1_upper.png',
    } <= written


def metric_keys(**settings):
    """Keys that the four metrics produce on a sample with every kind of annotation."""
    sample = SPDDataSample(metainfo=dict(img_path='drawn.jpg', img_id='drawn', ori_shape=(1, 2)))
    sample.set_metainfo(dict(dp_surface='mmspd_body', dp_body=np.ones((256, 256), bool), dp_box=np.array([0, 0, 2, 1])))
    sample.pred_sem_seg, sample.gt_sem_seg = (PixelData(data=torch.tensor([[labels]])) for labels in ([0, 1], [0, 2]))
    joints = np.tile(np.arange(16, dtype=np.float32)[None, :, None], (1, 1, 2))
    sample.gt_instances = InstanceData(
        keypoints=joints, keypoints_visible=np.ones((1, 16)), keypoints_occluded=np.arange(16)[None] < 3
    )
    sample.pred_instances = InstanceData(keypoints=joints + 1)
    sample.gt_surface_points = InstanceData(
        ori_points=torch.zeros(2, 2), labels=torch.tensor([0, 3]), uv=torch.zeros(2, 2), uv_valid=torch.tensor([0, 1])
    )
    sample.pred_surface = InstanceData(
        bboxes=torch.tensor([[0.0, 0.0, 2.0, 1.0]]), part_logits=torch.rand(1, 25, 4, 4), uv=torch.rand(1, 2, 24, 4, 4)
    )
    per_item = settings.get('per_item', False)
    keys = set()
    for metric in (
        ParsingMetric(per_class_keys=per_item),
        KeypointMetric(per_joint_keys=per_item, per_side_keys=per_item),
        SurfacePointMetric(),
        GPSMetric(per_part_keys=per_item),
    ):
        metric.process({}, [sample.to_dict()])
        keys |= metric.evaluate(1).keys()
    return keys


@pytest.mark.parametrize('name', ['README.md', 'docs/evaluation.md'])
def test_metric_keys_are_produced(name):
    named = set(METRIC_KEY.findall((ROOT / name).read_text(encoding='utf-8')))
    assert named
    assert named - metric_keys(per_item=True) == set()


def test_every_metric_key_is_explained():
    text = (ROOT / 'docs' / 'evaluation.md').read_text(encoding='utf-8')
    assert metric_keys() - set(METRIC_KEY.findall(text)) == set()


def test_the_worked_example_of_the_protocols():
    """The table of docs/evaluation.md, cell by cell."""
    text = (ROOT / 'docs' / 'evaluation.md').read_text(encoding='utf-8')
    rows = re.findall(r'^\| image \d \| ([\d ]+) \| ([\d ]+) \|$', text, re.MULTILINE)
    images = [[np.array([int(cell) for cell in row.split()]) for row in rows_] for rows_ in rows]
    assert len(images) == 2
    counts = ParsingCounts.stack([count_image(prediction, label, 2) for label, prediction in images], 2)
    for protocol in PROTOCOLS:
        scores = score_parsing(counts, protocol)
        expected = [*scores.iou, scores.means()['mIoU']]
        row = re.search(rf'^\| `{protocol}` \| (.*= .*) \|$', text, re.MULTILINE).group(1)
        assert [float(cell.split()[-1]) for cell in row.split(' | ')] == pytest.approx(expected, abs=5e-4)
