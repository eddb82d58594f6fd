"""Models from configs and checkpoints that may be anything."""

import json
import zipfile

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

from mmspd.anatomy import LABEL_SETS
from mmspd.apis import load_model
from mmspd.apis.model_loading import LoadedModel, recipe_of
from tests.apis.made import INPUT_SIZE, VARIANTS, write_model
from tests.models.tiny import tiny_spd
from tests.utils.hostile import WRITERS, live_payloads, nest


def test_a_loaded_model_has_the_checkpoints_weights_and_is_for_prediction(tiny_files):
    loaded = load_model(*tiny_files, 'cpu')
    assert isinstance(loaded, LoadedModel)
    assert (loaded.name, loaded.input_size, loaded.grid) == ('tiny', INPUT_SIZE, 'edge')
    assert loaded.labels == LABEL_SETS['lip']
    assert loaded.variants == tuple(VARIANTS)
    weights = torch.load(tiny_files[1], weights_only=True)['state_dict']
    for name, value in loaded.model.state_dict().items():
        torch.testing.assert_close(value, weights[name])
    assert not any(module.training for module in loaded.model.modules())
    assert not any(parameter.requires_grad for parameter in loaded.model.parameters())


def test_a_config_may_be_given_itself(tiny_files):
    config = Config.fromfile(tiny_files[0])
    assert load_model(config, tiny_files[1]).name == 'tiny'
    made = load_model(Config(dict(model=tiny_spd(), test_pipeline=config.test_pipeline)), tiny_files[1], 'cpu')
    assert made.name == 'the config'
    assert made.variants == tuple((scale, flip) for scale in (1.0, 0.75, 1.25) for flip in (False, True))


def test_nothing_is_downloaded_to_start_from(tmp_path):
    checkpoint = dict(type='Pretrained', checkpoint='torchvision://resnet18')
    config, weights = write_model(tmp_path)
    model = tiny_spd(backbone=dict(init_cfg=checkpoint), init_cfg=checkpoint)
    config.write_text(config.read_text().replace('model = ', f'model = {model!r}\nformer = '))
    loaded = load_model(config, weights, 'cpu')
    assert loaded.model.init_cfg is None
    assert 'Pretrained' not in str(loaded.model.backbone.init_cfg)


@pytest.mark.parametrize(
    ('classes', 'dataset', 'name'),
    [(20, None, 'lip'), (20, 'CIHPDataset', 'cihp'), (20, 'mmspd.LIPDataset', 'lip'), (18, None, 'atr'),
     (18, 'LIPDataset', 'atr'), (20, 'SyntheticPeopleDataset', 'lip'), (5, 'LIPDataset', 'unknown')],
)  # fmt: skip
def test_classes_have_the_names_of_the_data_that_was_trained_on(tmp_path, classes, dataset, name):
    config, weights = write_model(tmp_path, seg_head=dict(num_classes=classes))
    if dataset:
        reader = dict(type=dataset)
        both = dict(type='JoinedDataset', datasets=[dict(type='MPIIDataset', with_parsing=False), reader])
        text = f'train_dataloader = dict(dataset={both if dataset == "CIHPDataset" else reader!r})\n'
        config.write_text(config.read_text() + text)
    labels = load_model(config, weights, 'cpu').labels
    assert labels.name == name
    assert len(labels.classes) == len(labels.palette) == len(labels.safe_palette) == classes


@pytest.mark.parametrize('scope', ['mmengine', 'mmseg'])
def test_models_load_in_a_process_of_another_scope(tiny_files, scope):
    with DefaultScope.overwrite_default_scope(scope):
        assert load_model(*tiny_files, 'cpu').name == 'tiny'
        assert DefaultScope.get_current_instance().scope_name == scope


def test_a_config_without_a_checkpoint_says_so(tiny_files):
    with pytest.raises(ValueError, match='tiny: a config needs a checkpoint'):
        load_model(tiny_files[0])


def test_names_and_files_that_are_not_there_are_errors(tiny_files, tmp_path):
    with pytest.raises(FileNotFoundError, match=r'spd_huge is neither a config file nor .* \(spd_small'):
        load_model('spd_huge')
    with pytest.raises(FileNotFoundError, match='is neither a config file'):
        load_model(tmp_path, tiny_files[1])
    with pytest.raises(FileNotFoundError, match=r'none\.pth'):
        load_model(tiny_files[0], tmp_path / 'none.pth', 'cpu')
    with pytest.raises(IsADirectoryError):
        load_model(tiny_files[0], tmp_path, 'cpu')


@pytest.mark.parametrize('name', ['model.yaml', 'model.json', 'model', 'model.pth'])
def test_a_config_that_is_not_python_is_refused(tmp_path, name):
    path = tmp_path / name
    path.write_text('{"model": 1}')
    with pytest.raises(ValueError, match=r'expected a config such as .* which ends in \.py'):
        load_model(path, 'x.pth', 'cpu')


@pytest.mark.parametrize(
    'text',
    [
        'model = dict(type="SPD")\n',
        'test_pipeline = [dict(type="PersonAffine", size=(4, 4))]\n',
        'model = dict(type="EncoderDecoder")\ntest_pipeline = [dict(type="Resize", scale=(4, 4))]\n',
        '',
    ],
)
def test_a_config_of_something_else_is_refused(tmp_path, text):
    path = tmp_path / 'other.py'
    path.write_text(text)
    with pytest.raises(ValueError, match='other: expected a config with model and a test_pipeline with PersonAffine'):
        load_model(path, 'x.pth', 'cpu')


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('model = {', 'model = (', r'\S+/other\.py: the config cannot be used: SyntaxError: '),
        ('model = {', '1 / 0\nmodel = {', r'\S+/other\.py: the config cannot be used: ZeroDivisionError: division by'),
        ("'type': 'SPD'", "'type': 'Nope'", 'other: the config cannot be used: KeyError: .*Nope is not in'),
        ("'type': 'SPD'", "'fancy': 3, 'type': 'SPD'", "other: the config cannot be used: TypeError: .*'fancy'"),
        ("'size': (48, 64), ", '', "other: the config cannot be used: .*'size'"),
        ("'size': (48, 64)", "'size': 48", 'other: the config cannot be used: TypeError: '),
        ("'grid': 'edge'", "'grid': 'round'", "other: the config cannot be used: ValueError: .*, got 'round'"),
        ('test_pipeline = ', 'test_pipeline = [dict(size=3)] or ', 'other: expected a config with model and'),
        ('test_pipeline = ', 'test_pipeline = 5 or ', 'other: the config cannot be used: TypeError: '),
        ('tta_pipeline = ', "tta_pipeline = [dict(type='TestTimeAug')] or ", "other: .* cannot be used: KeyError: '"),
    ],
)
def test_a_config_that_fails_is_said_in_a_line(tiny_files, tmp_path, old, new, message):
    path = tmp_path / 'other.py'
    text = tiny_files[0].read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ValueError, match=f'^{message}') as caught:
        load_model(path, tiny_files[1], 'cpu')
    assert '\n' not in str(caught.value)


def test_steps_without_a_type_are_passed_over(tiny_files, tmp_path):
    path = tmp_path / 'other.py'
    path.write_text(tiny_files[0].read_text().replace('test_pipeline = [', 'test_pipeline = [dict(size=3), ', 1))
    assert load_model(path, tiny_files[1], 'cpu').input_size == INPUT_SIZE


def test_kinds_may_be_classes_as_in_pure_python_configs(tiny_files, tmp_path):
    path = tmp_path / 'pure.py'
    imports = (
        'from mmspd.datasets import CIHPDataset\n'
        'from mmspd.datasets.transforms import PersonAffine\n'
        'from mmspd.models.segmentors import SPD\n'
    )
    text = tiny_files[0].read_text().replace("'PersonAffine'", 'PersonAffine').replace("'SPD'", 'SPD')
    path.write_text(f'{imports}{text}train_dataloader = dict(dataset=dict(type=CIHPDataset))\n')
    loaded = load_model(path, tiny_files[1], 'cpu')
    assert (loaded.input_size, loaded.variants, loaded.labels.name) == (INPUT_SIZE, tuple(VARIANTS), 'cihp')
    config = Config.fromfile(tiny_files[0])
    config.model.type = type(loaded.model)
    for each in (path, config):
        recipe = json.loads(json.dumps(recipe_of(each)[1]))
        assert recipe['model']['type'].endswith('.SPD')


@pytest.mark.parametrize('config', [dict(model=dict(type='SPD')), None, 5])
def test_what_is_neither_a_name_nor_a_config_is_refused(config):
    kind = type(config).__name__
    with pytest.raises(TypeError, match=rf'got a {kind}; a dict becomes one with Config\(dict\(model='):
        load_model(config, 'x.pth', 'cpu')


def test_a_model_that_is_no_spd_is_refused(tiny_files):
    config = Config.fromfile(tiny_files[0])
    config.model = dict(type='mmspd.SPDNeck')
    with pytest.raises(ValueError, match='tiny: expected the config of an SPD, got one of a SPDNeck'):
        load_model(config, tiny_files[1], 'cpu')


@pytest.mark.parametrize(
    'changes', [dict(pose_head=dict(top_channels=9)), dict(densepose_head=None), dict(seg_head=dict(num_classes=18))]
)
def test_a_checkpoint_of_another_model_is_refused(tiny_files, tmp_path, changes):
    _, other = write_model(tmp_path, **changes)
    with pytest.raises(ValueError, match=r'tiny\.pth does not fit the model: of its \d+ weights'):
        load_model(tiny_files[0], other, 'cpu')


def change(content, end, value):
    """A checkpoint with the first of its weights whose name ends so replaced."""
    weights = content['state_dict']
    key = next(key for key in weights if key.endswith(end))
    return dict(state_dict=weights | {key: value(weights[key])})


@pytest.mark.parametrize(
    ('changed', 'message'),
    [
        (lambda content: dict(state_dict=5), 'expected a dictionary of weights as its state_dict, got a int'),
        (lambda content: change(content, '.weight', lambda old: 5), r'1 weights are none: \S+\.weight is a int'),
        (lambda content: change(content, '.bias', lambda old: old.to_sparse()), 'is a sparse_coo tensor'),
        (lambda content: change(content, '.bias', lambda old: old.to('meta')), 'is a tensor without values'),
        (lambda content: change(content, '.bias', lambda old: old + 1j), 'is a tensor of complex64'),
        (lambda content: change(content, '.bias', lambda old: old * torch.nan), 'has the training diverged'),
    ],
)
def test_odd_weights_are_refused(tiny_files, tmp_path, changed, message):
    path = tmp_path / 'odd.pth'
    torch.save(changed(torch.load(tiny_files[1], weights_only=True)), path)
    with pytest.raises(ValueError, match=rf'odd\.pth.*{message}'):
        load_model(tiny_files[0], path, 'cpu')


def test_what_else_a_checkpoint_holds_is_not_looked_at(tiny_files, tmp_path):
    path = tmp_path / 'more.pth'
    content = torch.load(tiny_files[1], weights_only=True)
    content['state_dict'] |= {7: None, 'more': torch.ones(2)}
    content['state_dict']._metadata = 5
    torch.save(content, path)
    assert load_model(tiny_files[0], path, 'cpu').name == 'tiny'


def test_a_checkpoint_of_a_gpu_is_read_without_one(tiny_files, tmp_path):
    torch.save(torch.load(tiny_files[1], weights_only=True), tmp_path / 'cpu.pth')
    path = tmp_path / 'cuda.pth'
    with zipfile.ZipFile(tmp_path / 'cpu.pth') as source, zipfile.ZipFile(path, 'w') as target:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith('data.pkl'):  # where tensors were, as a pickled string: its length, then it
                assert b'X\x03\0\0\0cpu' in data
                data = data.replace(b'X\x03\0\0\0cpu', b'X\x07\0\0\0cuda:99')
            target.writestr(name, data)
    assert load_model(tiny_files[0], path, 'cpu').name == 'tiny'


@pytest.mark.parametrize('writer', WRITERS)
@pytest.mark.parametrize('place', ['top', 'weights', 'history', 'runtime_info'])
def test_code_in_a_checkpoint_does_not_run(tiny_files, tmp_path, place, writer):
    marker, path = tmp_path / 'it-ran', tmp_path / 'hostile.pth'
    WRITERS[writer](nest(place, live_payloads(marker)['builtins']), path)
    with pytest.raises(ValueError, match=r'hostile\.pth'):
        load_model(tiny_files[0], path, 'cpu')
    assert not marker.exists()


@pytest.mark.parametrize('content', [b'', b'no checkpoint at all', b'PK\x03\x04broken'])
def test_a_file_that_is_no_checkpoint_is_refused(tiny_files, tmp_path, content):
    path = tmp_path / 'broken.pth'
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r'broken\.pth'):
        load_model(tiny_files[0], path, 'cpu')


@pytest.mark.parametrize('device', ['cuda:77', 'gpu', 'cuda:-3', 'xpu:9', 'meta', 'hpu'])
def test_a_device_that_is_not_there_is_refused(tiny_files, device):
    with pytest.raises(ValueError, match=f"there is no device '{device}' here, but cpu and"):
        load_model(*tiny_files, device)


def test_the_device_is_the_models(tiny_files):
    loaded = load_model(*tiny_files, torch.device('cpu'))
    assert {parameter.device.type for parameter in loaded.model.parameters()} == {'cpu'}
