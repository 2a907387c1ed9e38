#!/usr/bin/env python3
"""The six training steps of ../train_step.cc in PyTorch, each with torch.compile as one graph: loss, gradients and SGD.

    torch_compile.py --workload NAME --threads N --seconds S

Prints a line of JSON as compare.py reads it. Settings are the fastest found that keep the accuracy of the default: calls
of kernels in C++, no guards after the warm-up, products and sums contracted, weights as [in, out].
"""

import argparse
import json
import math
import time

import torch
import torch._inductor.config as inductor
import torch.nn.functional as F


def mlp(sizes, activation):
    """Parameters of layers x W + b, and the network."""
    parameters = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        bound = 1 / math.sqrt(inputs)
        for shape in ([inputs, outputs], [outputs]):
            parameters.append(torch.empty(shape).uniform_(-bound, bound).requires_grad_())

    def network(x):
        for i in range(0, len(parameters), 2):
            x = torch.addmm(parameters[i + 1], activation(x) if i > 0 else x, parameters[i])
        return x

    return parameters, network


def mean_square(x):
    return (x * x).mean()


def mean_square_mlp(batch, sizes, activation):
    parameters, network = mlp(sizes, activation)
    x = torch.randn(batch, sizes[0])
    return parameters, lambda: mean_square(network(x))


def mlp_b128():
    parameters, network = mlp([784, 512, 512, 10], torch.relu)
    x, labels = torch.randn(128, 784), torch.randint(0, 10, (128,))
    return parameters, lambda: F.cross_entropy(network(x), labels)


def towers32_b16():
    towers = [mlp([64, 64, 64], torch.tanh) for _ in range(32)]
    x = torch.randn(16, 64)
    return [p for parameters, _ in towers for p in parameters], lambda: mean_square(sum(t(x) for _, t in towers))


def chain_1m():
    w, x = torch.randn(1 << 20, requires_grad=True), torch.randn(1 << 20)

    def loss():
        y = w
        for _ in range(5):
            y = torch.tanh(y * x + 0.5) * 0.9 + y * 0.1
        return mean_square(y)

    return [w], loss


WORKLOADS = {
    "tiny_mlp_b1": lambda: mean_square_mlp(1, [2, 16, 16, 1], torch.tanh),
    "tiny_mlp_b16": lambda: mean_square_mlp(16, [2, 16, 16, 1], torch.tanh),
    "mlp_b128": mlp_b128,
    "wide_mlp_b64": lambda: mean_square_mlp(64, [1024, 4096, 4096, 1024], torch.relu),
    "towers32_b16": towers32_b16,
    "chain_1m": chain_1m,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workload", choices=WORKLOADS, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    inductor.cpp_wrapper = True
    inductor.cpp.enable_floating_point_contract_flag = "fast"
    inductor.size_asserts = inductor.alignment_asserts = inductor.pattern_matcher = False
    torch._dynamo.config.trace_autograd_ops = True

    parameters, loss = WORKLOADS[args.workload]()
    momentum = [torch.zeros_like(p) for p in parameters]

    @torch.compile(fullgraph=True, dynamic=False)
    def step():
        value = loss()
        gradients = torch.autograd.grad(value, parameters)
        with torch.no_grad():
            for p, m, g in zip(parameters, momentum, gradients):
                m.mul_(0.9).add_(g)
                p.add_(m, alpha=-1e-3)
        return value.detach()

    before = parameters[0].detach().clone()
    for _ in range(10):
        step()
    assert not torch.equal(before, parameters[0]), "the parameters did not change"
    torch.compiler.set_stance(skip_guard_eval_unsafe=True)
    micros, end = [], time.perf_counter() + args.seconds
    while len(micros) < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        micros.append((time.perf_counter() - start) * 1e6)
    print(json.dumps({"workload": args.workload, "threads": args.threads, "median_us": sorted(micros)[len(micros) // 2]}))


if __name__ == "__main__":
    main()
