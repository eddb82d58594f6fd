import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from mmspd.utils.live_memory import LiveMemory, tensor_bytes


def test_tensors_count_while_something_refers_to_them():
    with LiveMemory() as memory:
        one = torch.zeros(1000)  # 4,000 bytes
        two = torch.zeros(500, dtype=torch.float64)  # 4,000
        assert memory.current == 8000
        del one
        assert memory.current == 4000
        three = torch.zeros(10, dtype=torch.bool)
        assert (memory.current, memory.peak) == (4010, 8000)
        del two, three
        assert (memory.current, memory.peak) == (0, 8000)


def test_views_share_one_storage_until_the_last_is_gone():
    with LiveMemory() as memory:
        whole = torch.zeros(10, 100)
        corner, flat = whole[:2, :2], whole.view(-1)
        del whole, flat
        assert memory.current == memory.peak == 4000
        copy = corner.contiguous()
        assert memory.current == 4016
        del corner
        assert memory.current == copy.numel() * 4


def test_operators_in_place_add_nothing_and_resizing_adds_the_difference():
    with LiveMemory() as memory:
        tensor = torch.zeros(10)
        tensor.add_(1).relu_()
        tensor[2:4].mul_(5)
        torch.exp(tensor, out=tensor)
        assert memory.current == memory.peak == 40
        tensor.resize_(100)
        assert memory.current == 400
        del tensor
        assert memory.current == 0


def test_results_in_a_tuple_and_in_a_list_count():
    with LiveMemory() as memory:
        values, indices = torch.zeros(100).max(dim=0, keepdim=True)  # float32 and int64
        assert memory.current == 12
        both = torch._foreach_add([values, values], 1.0)
        assert memory.current == 20
        del both, indices
        assert memory.current == 4


def test_what_was_there_before_counts_where_it_is_named():
    weight, other = torch.zeros(100), torch.zeros(7)
    with LiveMemory([weight, weight[:5]]) as memory:
        assert memory.current == memory.peak == 400
        weight.mul_(2)
        assert memory.current == 400
        other.mul_(2)  # unnamed: it counts from here on
        assert memory.current == 428
    del weight
    assert memory.current == 28
    assert tensor_bytes([other, other[:3], torch.zeros(2)]) == 36
    assert tensor_bytes([]) == 0


def test_what_the_backward_pass_needs_stays_and_its_gradients_count():
    start = torch.ones(1000, requires_grad=True)
    with LiveMemory([start]) as memory:
        total = start.exp().sin().sum()  # exp saves its output, sin its input: the same
        assert memory.current == 4000 + 4000 + 4
        assert memory.peak == 4000 + 2 * 4000 + 4  # at the sum: start, exp, sin, and the sum
        total.backward()
        # Beside start and exp two vectors at once: cosine and gradient of sin, then gradients of sin and exp. The sum
        # and its own gradient, 1, are numbers.
        assert memory.peak == 4 * 4000 + 2 * 4
        assert memory.current == 4000 + 4000 + 4  # start, its gradient, the sum
    assert torch.allclose(start.grad, start.exp() * start.exp().cos())


def layered(layers, inputs, recompute):
    for layer in layers:
        inputs = checkpoint(layer, inputs, use_reentrant=False) if recompute else layer(inputs)
    return inputs.sum()


@pytest.mark.parametrize(('recompute', 'saved_vectors'), [(False, 3 * 3), (True, 2)])
def test_a_step_of_a_network_by_hand(recompute, saved_vectors):
    layers = [nn.Sequential(nn.Linear(50, 50, bias=False), nn.Sigmoid(), nn.Tanh()) for _ in range(3)]
    inputs = torch.rand(200, 50)  # 40,000 bytes, as every feature; a weight has 10,000
    weights = [weight for layer in layers for weight in layer.parameters()]
    with LiveMemory([inputs, *weights]) as memory:
        loss = layered(layers, inputs, recompute)
        # Sigmoid and Tanh save their outputs, Linear its input, which is the Tanh before; the last Tanh saves its own.
        # Recomputed, the inputs of the layers are all.
        features = saved_vectors * 40_000 if recompute else 6 * 40_000
        assert memory.current == 40_000 + 3 * 10_000 + features + 4
        loss.backward()
        assert memory.current == 40_000 + 2 * 3 * 10_000 + 4  # inputs, weights, gradients, loss


def test_mixed_precision_holds_the_weights_twice_and_the_features_in_half_the_bytes():
    layer, inputs = nn.Linear(50, 50, bias=False), torch.rand(200, 50)
    with LiveMemory([inputs, layer.weight]) as memory, torch.autocast('cpu', dtype=torch.bfloat16):
        outputs = layer(inputs)
        # float32 inputs and weight, both again in bfloat16, and the outputs.
        assert memory.current == 40_000 + 10_000 + 20_000 + 5_000 + 20_000
        assert outputs.dtype == torch.bfloat16
