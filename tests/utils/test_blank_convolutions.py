import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from mmspd.utils.blank_convolutions import BlankConvolutions
from mmspd.utils.live_memory import LiveMemory


def network():
    return nn.Sequential(
        nn.Conv2d(4, 8, 3, padding=2, dilation=2, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, stride=2, groups=4),
        nn.ConvTranspose2d(8, 6, 4, stride=2),
    )


def test_only_convolutions_give_zeros():
    with BlankConvolutions():
        assert (nn.Conv2d(2, 3, 1)(torch.ones(1, 2, 4, 4)) == 0).all()
        assert torch.equal(torch.ones(2, 2) @ torch.ones(2, 2), torch.full((2, 2), 2.0))
    assert (nn.Conv2d(2, 3, 1)(torch.ones(1, 2, 4, 4)) != 0).any()


@pytest.mark.parametrize('memory_format', [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize('amp', [False, True])
def test_outputs_and_gradients_have_the_layout_of_computed_ones(memory_format, amp):
    model = network().to(memory_format=memory_format)
    seen = []
    for mode in (BlankConvolutions(), FlopCounterMode(display=False)):  # the second computes
        inputs = torch.rand(2, 4, 9, 9).contiguous(memory_format=memory_format).requires_grad_()
        with mode, torch.autocast('cpu', dtype=torch.bfloat16, enabled=amp):
            outputs = model(inputs)
            outputs.sum().backward()
        tensors = [outputs, inputs.grad, *(weight.grad for weight in model.parameters())]
        seen.append([(tensor.shape, tensor.stride(), tensor.dtype) for tensor in tensors])
        model.zero_grad()
    assert seen[0] == seen[1]


@pytest.mark.parametrize('amp', [False, True])
def test_bytes_and_flops_are_those_of_the_computation(amp):
    model, inputs = network(), torch.rand(2, 4, 32, 32)

    def step():
        with torch.autocast('cpu', dtype=torch.bfloat16, enabled=amp):
            loss = model(inputs).square().mean()
        loss.backward()
        model.zero_grad()

    def counts():
        with LiveMemory([inputs, *model.parameters(), *model.buffers()]) as memory:
            step()
        with FlopCounterMode(display=False) as counter:
            step()
        return memory.peak, memory.current, counter.get_flop_counts()

    computed = counts()
    with BlankConvolutions():
        assert counts() == computed
    assert computed[2]['Global'][torch.ops.aten.convolution_backward] > 0
