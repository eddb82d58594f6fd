"""Shares of several processes, by hand; `tests/integration/test_distributed.py` holds them against real processes."""

import pytest
import torch
import torch.nn.functional as F
from mmseg.models.losses import CrossEntropyLoss, DiceLoss

from mmspd.models.losses import (
    averaged_pixels,
    pixel_loss,
    process_means,
    process_share,
    process_shares,
    share_terms,
    term_counts,
)


@pytest.fixture
def beside(monkeypatch):
    """Let two other processes exist whose tensors are given."""

    def others(*tensors):
        def all_reduce(data, op='sum'):
            data += sum(torch.tensor(each) for each in tensors)
            data /= 3 if op == 'mean' else 1

        monkeypatch.setattr(process_shares, 'get_world_size', lambda: 3)
        monkeypatch.setattr(process_shares, 'all_reduce', all_reduce)

    return others


def test_shares_are_counts_by_their_mean(beside):
    beside([4.0, 3.0, 0.0], [0.0, 3.0, 0.0])
    shares, totals = process_share(torch.tensor([2, 3, 0]))
    assert shares.tolist() == [2 / (6 / 3), 1.0, 0.0]
    assert totals.tolist() == [6.0, 9.0, 0.0]


def test_one_process_has_all_or_nothing():
    shares, totals = process_share(torch.tensor([7, 0]))
    assert shares.tolist() == [1.0, 0.0]
    assert totals.tolist() == [7.0, 0.0]


def test_terms_are_shared_each_by_its_own_count(beside):
    beside([1.0, 1.0, 6.0], [1.0, 2.0, 0.0])
    terms = {'U': torch.tensor(8.0, requires_grad=True), 'I': torch.tensor(10.0)}
    counts = {'I': torch.tensor(3), 'U': torch.tensor(2)}
    loss = share_terms(terms, counts, torch.tensor(0))
    assert loss.terms['I'].item() == pytest.approx(10 * 3 / 2)
    assert loss.terms['U'].item() == pytest.approx(8 * 2 / (8 / 3))
    assert loss.terms['U'].requires_grad
    assert loss.annotated  # in another process


def test_nothing_annotated_anywhere_is_zero_with_a_graph(beside):
    beside([0.0, 0.0], [0.0, 0.0])
    leaf = torch.tensor(5.0, requires_grad=True)
    loss = share_terms({'a': leaf}, {'a': torch.tensor(0)}, torch.tensor(0))
    loss.terms['a'].backward()
    assert (loss.terms['a'].item(), leaf.grad.item(), loss.annotated) == (0.0, 0.0, False)


def test_logged_values_are_means(beside):
    values = {'loss': torch.tensor(1.0, requires_grad=True), 'seg/stage0': torch.tensor(4.0)}
    assert process_means(values) == values  # one process
    beside([2.0, 4.0], [6.0, 1.0])
    means = process_means(values)
    assert {name: value.item() for name, value in means.items()} == {'loss': 3.0, 'seg/stage0': 3.0}
    assert not means['loss'].requires_grad


WEIGHED = dict(class_weight=[0.5, 1.0, 3.0])


def logits_and_labels():
    torch.manual_seed(0)
    logits, labels = torch.randn(3, 3, 4, 5), torch.randint(0, 3, (3, 4, 5))
    labels[0, :3] = labels[1, 0, 0] = 255
    return logits, labels


@pytest.mark.parametrize(
    'options',
    [dict(avg_non_ignore=True), {}, WEIGHED, WEIGHED | dict(avg_non_ignore=True), dict(use_sigmoid=True),
     dict(use_sigmoid=True, avg_non_ignore=True)],
    ids=str,
)  # fmt: skip
def test_pixels_are_those_that_the_loss_averages_over(options):
    # Then the parts' means, weighed by their pixels, are the mean of the whole.
    loss = CrossEntropyLoss(**options)
    logits, labels = logits_and_labels()
    parts = [slice(0, 1), slice(1, 3)]
    values, pixels = zip(*(pixel_loss(loss, logits[part], labels[part], 255) for part in parts), strict=True)
    want, _ = pixel_loss(loss, logits, labels, 255)
    torch.testing.assert_close(sum(v * p for v, p in zip(values, pixels, strict=True)) / sum(pixels), want)
    assert abs(sum(values) / 2 - want) > 1e-3  # a plain mean is another


@pytest.mark.parametrize('options', [{}, dict(avg_non_ignore=True)], ids=str)
def test_class_weights_beside_ignored_pixels(options):
    logits, labels = logits_and_labels()
    loss, pixels = pixel_loss(CrossEntropyLoss(**WEIGHED, **options), logits, labels, 255)
    weight = torch.tensor(WEIGHED['class_weight'])
    torch.testing.assert_close(loss, F.cross_entropy(logits, labels, weight, ignore_index=255))
    assert pixels.item() == sum(WEIGHED['class_weight'][label] for label in labels.flatten() if label != 255)
    nothing, pixels = pixel_loss(CrossEntropyLoss(**WEIGHED), logits, torch.full_like(labels, 255), 255)
    assert (nothing.item(), pixels.item()) == (0, 0)


def test_losses_that_are_no_mean_count_by_the_batch():
    labels = torch.tensor([[[0, 255, 1], [255, 255, 2]]])
    assert averaged_pixels(DiceLoss(), labels, 255).item() == 6
    assert averaged_pixels(CrossEntropyLoss(avg_non_ignore=True), labels, 255).item() == 3
    assert averaged_pixels(CrossEntropyLoss(class_weight=[0.5, 1.0, 3.0]), labels, 255).item() == 4.5


def test_surface_terms_count_points():
    valid = torch.tensor([True, False, True, False, False])
    assert {name: count.item() for name, count in term_counts(valid).items()} == {'I': 5, 'U': 2, 'V': 2}
    assert {name: count.item() for name, count in term_counts(valid, 'product').items()} == {'IUV': 2}
    assert {name: count.item() for name, count in term_counts(valid[:0]).items()} == {'I': 0, 'U': 0, 'V': 0}
