#!/usr/bin/env python3
"""Writes mlp.safetensors and resnet20.safetensors beside it with PyTorch, and prints the outputs that
tests/runtime/io/pytorch_weights_test.cc expects. It needs torch and numpy; safetensors' own layout is made by hand."""
import json
import os
import struct

import torch
from torch import nn


def save(name, state):
    """As safetensors.torch.save_file(state, name, {"format": "pt"})."""
    names = sorted(state, key=lambda n: (-state[n].element_size(), n))
    header, data = {"__metadata__": {"format": "pt"}}, b""
    types = {torch.float32: "F32", torch.int64: "I64"}
    for n in names:
        elements = state[n].contiguous().numpy().tobytes()
        header[n] = {
            "dtype": types[state[n].dtype],
            "shape": list(state[n].shape),
            "data_offsets": [len(data), len(data) + len(elements)],
        }
        data += elements
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


class Block(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.conv2, self.bn2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        self.shortcut = nn.Sequential()
        if stride != 1 or i != o:
            self.shortcut = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class ResNet20(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        self.layer1 = self.layer(width, width, 1)
        self.layer2 = self.layer(width, 2 * width, 2)
        self.layer3 = self.layer(2 * width, 4 * width, 2)
        self.linear = nn.Linear(4 * width, 10)

    @staticmethod
    def layer(i, o, stride):
        return nn.Sequential(Block(i, o, stride), Block(o, o, 1), Block(o, o, 1))

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        return self.linear(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


torch.manual_seed(7)
mlp = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))
net = ResNet20(4)
with torch.no_grad():  # no statistics and no affine parameters are as they were at first
    for p in net.parameters():
        if p.dim() == 1:
            p.add_(0.2 * torch.randn_like(p))
    for _ in range(3):
        net(torch.randn(8, 3, 8, 8))
    net.eval()
    save("mlp.safetensors", mlp.state_dict())
    # As DataParallel names them.
    save("resnet20.safetensors", {"module." + k: v for k, v in net.state_dict().items()})
    print(mlp(torch.arange(12.0).reshape(2, 6) / 6 - 1).flatten().tolist())
    print(net(torch.sin(torch.arange(384.0)).reshape(2, 3, 8, 8)).flatten().tolist())
