from itertools import islice

import numpy as np
import pytest
from mmengine.dataset import InfiniteSampler
from mmengine.runner.loops import _InfiniteDataloaderIterator
from torch.utils.data import DataLoader, Dataset

from mmspd.datasets import ResumableSampler
from mmspd.registry import DATA_SAMPLERS


class Echo(Dataset):
    def __init__(self, size=7):
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, idx):
        return np.array(idx)


def take(sampler, number):
    return list(islice(iter(sampler), number))


@pytest.fixture
def two_ranks(monkeypatch):
    def build(rank, world_size=2, **options):
        monkeypatch.setattr('mmspd.datasets.samplers.get_dist_info', lambda: (rank, world_size))
        return ResumableSampler(Echo(), seed=3, **options)

    return build


def test_each_epoch_is_a_permutation_of_its_own():
    stream = take(ResumableSampler(Echo(), seed=3), 21)
    orders = [[index for _, epoch, index in stream if epoch == wanted] for wanted in range(3)]
    assert [epoch for _, epoch, _ in stream] == [0] * 7 + [1] * 7 + [2] * 7
    assert all(sorted(order) == list(range(7)) for order in orders)
    assert orders[0] != orders[1]
    assert {seed for seed, _, _ in stream} == {3}
    other = take(ResumableSampler(Echo(), seed=4), 21)
    assert [place[1:] for place in stream] != [place[1:] for place in other]
    assert stream == take(ResumableSampler(Echo(), seed=3), 21)


def test_without_shuffling_the_order_is_the_data_sets():
    assert take(ResumableSampler(Echo(3), shuffle=False, seed=0), 4) == [(0, 0, 0), (0, 0, 1), (0, 0, 2), (0, 1, 0)]


@pytest.mark.parametrize('skipped', [0, 1, 6, 7, 8, 20, 21, 100])
@pytest.mark.parametrize('rank', [0, 1])
def test_skipping_continues_the_unbroken_stream(two_ranks, skipped, rank):
    unbroken = take(two_ranks(rank), skipped + 30)
    resumed = two_ranks(rank)
    resumed.skip(skipped)
    assert take(resumed, 30) == unbroken[skipped:]


def test_skipping_is_absolute():
    sampler = ResumableSampler(Echo(), seed=3)
    whole = take(sampler, 20)
    sampler.skip(5)
    sampler.skip(9)
    assert take(sampler, 11) == whole[9:]


def test_skipping_millions_costs_one_permutation(monkeypatch):
    sampler = ResumableSampler(Echo(), seed=3)
    calls = []
    original = sampler._order
    monkeypatch.setattr(sampler, '_order', lambda epoch: calls.append(epoch) or original(epoch))
    sampler.skip(7 * 10**9)
    assert next(iter(sampler))[1] == 10**9
    assert calls == [10**9]


@pytest.mark.parametrize('world_size', [2, 3, 9])
def test_processes_share_the_stream_out(two_ranks, world_size):
    whole = take(two_ranks(0, 1), 5 * world_size)
    parts = [take(two_ranks(rank, world_size), 5) for rank in range(world_size)]
    assert [sample for turn in zip(*parts, strict=True) for sample in turn] == whole


def test_mmengine_resumes_by_skipping_with_workers():
    def batches(skipped, number):
        dataset = Echo()
        loader = DataLoader(
            dataset, batch_size=2, sampler=ResumableSampler(dataset, seed=3), num_workers=1, collate_fn=np.stack
        )
        iterator = _InfiniteDataloaderIterator(loader)
        for _ in range(0 if hasattr(iterator, 'skip_iter') else skipped):
            next(iterator)
        if hasattr(iterator, 'skip_iter'):
            iterator.skip_iter(skipped)
        return [next(iterator).tolist() for _ in range(number)]

    assert batches(5, 4) == batches(0, 9)[5:]


def test_length_and_registry_are_those_of_mmengine():
    sampler = DATA_SAMPLERS.build({'type': 'ResumableSampler'}, default_args={'dataset': Echo(), 'seed': None})
    assert len(sampler) == len(InfiniteSampler(Echo())) == 7
    assert isinstance(sampler.seed, int)


def test_senseless_values_are_refused():
    with pytest.raises(ValueError, match='empty'):
        ResumableSampler(Echo(0), seed=0)
    with pytest.raises(ValueError, match='negative'):
        ResumableSampler(Echo(), seed=0).skip(-1)
