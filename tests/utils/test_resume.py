import torch

from mmspd.utils.resume import find_latest_checkpoint


def test_the_highest_complete_checkpoint_is_taken(tmp_path):
    for number in (4, 8, 12, 100):
        torch.save({'state_dict': {'weight': torch.zeros(100)}}, tmp_path / f'iter_{number}.pth')
    assert find_latest_checkpoint(tmp_path).name == 'iter_100.pth'
    whole = (tmp_path / 'iter_100.pth').read_bytes()
    (tmp_path / 'iter_100.pth').write_bytes(whole[: len(whole) // 2])  # killed while writing
    (tmp_path / 'iter_12.pth').write_bytes(b'')
    (tmp_path / 'last_checkpoint').write_text('')
    assert find_latest_checkpoint(tmp_path).name == 'iter_8.pth'


def test_other_files_are_not_checkpoints_of_a_run(tmp_path):
    torch.save({}, tmp_path / 'best_dataset_mIoU_iter_8.pth')
    torch.save({}, tmp_path / 'weights.pth')
    assert find_latest_checkpoint(tmp_path) is None
    assert find_latest_checkpoint(tmp_path / 'nowhere') is None
