"""publish.py: the files that are given away, their names, and refusals in a line."""

import json
import runpy
from pathlib import Path

import pytest
import torch

from mmspd.apis import load_model
from mmspd.apis.model_loading import recipe_of

TOOL = Path(__file__).resolve().parents[2] / 'tools' / 'model_converters' / 'publish.py'


@pytest.fixture
def publish(monkeypatch):
    """Runs the tool."""

    def call(*arguments):
        monkeypatch.setattr('sys.argv', ['publish.py', *map(str, arguments)])
        runpy.run_path(str(TOOL), run_name='__main__')

    return call


def test_names_keep_their_points_and_files_hold_the_model(publish, tiny_files, tmp_path):
    folder = tmp_path / 'new'
    publish(*tiny_files, '--out', folder / 'model_v0.5')
    assert sorted(path.name for path in folder.iterdir()) == ['model_v0.5.json', 'model_v0.5.pth']
    weights = torch.load(folder / 'model_v0.5.pth', weights_only=True)
    trained = torch.load(tiny_files[1], weights_only=True)['state_dict']
    assert set(weights) == {name for name in trained if not name.startswith('multi_task_loss.')}
    assert all(torch.equal(value, trained[name]) for name, value in weights.items())
    recipe = json.loads((folder / 'model_v0.5.json').read_text())
    assert recipe == json.loads(json.dumps(recipe_of(tiny_files[0])[1]))
    publish(*tiny_files, '--out', folder / 'model_v0.5')  # the same again changes nothing


def test_half_of_the_bits_are_kept_and_can_be_loaded(publish, tiny_files, tmp_path):
    publish(*tiny_files, '--out', tmp_path / 'half', '--half')
    weights = torch.load(tmp_path / 'half.pth', weights_only=True)
    assert {value.dtype for value in weights.values()} == {torch.float16, torch.int64}
    state = load_model(tiny_files[0], tmp_path / 'half.pth', 'cpu').model.state_dict()
    assert all(torch.equal(state[name], value.to(state[name].dtype)) for name, value in weights.items())


def refusal(publish, *arguments):
    with pytest.raises(SystemExit) as caught:
        publish(*arguments)
    message = caught.value.code
    assert isinstance(message, str)  # which Python prints, to end with 1
    assert '\n' not in message
    return message


def test_what_is_wrong_is_said_in_a_line(publish, tiny_files, tmp_path):
    config, checkpoint = tiny_files
    out = ('--out', tmp_path / 'new' / 'model')
    assert refusal(publish, 'no.py', checkpoint, *out).startswith('error: no.py is neither a config file')
    assert refusal(publish, config, 'no.pth', *out).startswith('error: no.pth does not exist')
    assert refusal(publish, config, config, *out).startswith(f'error: {config}')
    (tmp_path / 'file').touch()
    assert str(tmp_path / 'file') in refusal(publish, *tiny_files, '--out', tmp_path / 'file' / 'model')
    assert refusal(publish, *tiny_files, '--out', '/').startswith('error: ')
    assert not (tmp_path / 'new').exists()


def test_weights_that_16_bits_cannot_hold_are_refused(publish, tiny_files, tmp_path):
    content = torch.load(tiny_files[1], weights_only=True)
    name = next(name for name in content['state_dict'] if name.endswith('running_var'))
    content['state_dict'][name][0] = 70000.0
    torch.save(content, tmp_path / 'large.pth')
    message = refusal(publish, tiny_files[0], tmp_path / 'large.pth', '--out', tmp_path / 'half', '--half')
    assert message == f'error: 1 weights are too large for 16 bits ({name}): leave out --half'
    publish(tiny_files[0], tmp_path / 'large.pth', '--out', tmp_path / 'whole')


def test_nothing_is_written_where_one_file_would_replace_another(publish, tiny_files, tmp_path):
    out = tmp_path / 'model'
    (tmp_path / 'model.json').write_text('mine')
    message = refusal(publish, *tiny_files, '--out', out)
    assert 'model.json exists with other content' in message
    assert [path.name for path in tmp_path.iterdir()] == ['model.json']
    publish(*tiny_files, '--out', out, '--overwrite')
    assert json.loads((tmp_path / 'model.json').read_text())['input_size'] == [48, 64]
