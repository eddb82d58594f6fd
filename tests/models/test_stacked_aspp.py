"""The ASPP as one product and shifted sums, against the sum of atrous convolutions."""

import pytest
import torch
from torch import nn

from mmspd.models.heads.aspp import ASPPClassifier
from mmspd.models.inference.stacked_aspp import StackedASPP


def make_classifier(channels=5, classes=3, rates=(1, 2, 6)):
    torch.manual_seed(0)
    classifier = ASPPClassifier(channels, classes, rates)
    for branch in classifier.branches:
        nn.init.normal_(branch.bias)
    return classifier.eval()


# Maps smaller than a rate, of one cell, and of odd sizes.
@pytest.mark.parametrize('shape', [(8, 8), (13, 4), (1, 1), (1, 9), (6, 6)])
def test_it_is_the_sum_of_the_convolutions(shape):
    classifier = make_classifier()
    feat = torch.randn(2, 5, *shape)
    with torch.no_grad():
        torch.testing.assert_close(StackedASPP(classifier)(feat), classifier(feat), rtol=1e-5, atol=1e-6)


def test_half_precision_sums_exactly():
    classifier = make_classifier(64, 8, (1, 2, 3, 4))
    feat = torch.rand(1, 64, 24, 24)
    with torch.no_grad():
        want = classifier(feat)
        with torch.autocast('cpu', dtype=torch.bfloat16):
            plain, stacked = classifier(feat), StackedASPP(classifier)(feat)
    assert stacked.dtype == torch.bfloat16
    errors = [(got.float() - want).square().mean().sqrt() for got in (plain, stacked)]
    assert errors[1] < 1.2 * errors[0]


def test_taps_that_coincide_are_added():
    # Three rates have 3 * 8 taps of their own and share the middle; rates 1, 1 share all nine.
    assert len(StackedASPP(make_classifier()).shifts) == 25
    assert len(StackedASPP(make_classifier(rates=(1, 1))).shifts) == 9


def test_a_tap_reads_its_neighbour():
    classifier = make_classifier(channels=1, classes=1, rates=(2,))
    nn.init.zeros_(classifier.branches[0].weight)
    nn.init.zeros_(classifier.branches[0].bias)
    with torch.no_grad():
        classifier.branches[0].weight[0, 0, 0, 2] = 1  # the tap above and to the right
    feat = torch.arange(25.0).view(1, 1, 5, 5)
    logits = StackedASPP(classifier)(feat)[0, 0]
    assert logits[2, 2] == feat[0, 0, 0, 4]
    assert logits[1].tolist() == [0.0] * 5  # nothing two rows above
    assert logits[:, 3:].abs().sum() == 0
