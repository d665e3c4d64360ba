"""Readers of mini-batches that the answers of several chapters use."""

import random

import torch


def iter_by_indices(batch_size, features, labels):
    indices = list(range(len(features)))
    random.shuffle(indices)
    for i in range(0, len(features), batch_size):
        rows = torch.tensor(indices[i : min(i + batch_size, len(features))])
        yield features[rows], labels[rows]


def iter_in_order(batch_size, features, labels):
    for i in range(0, len(features), batch_size):
        yield features[i : i + batch_size], labels[i : i + batch_size]


def iter_by_loader(batch_size, features, labels):
    from torch.utils.data import DataLoader, TensorDataset

    return DataLoader(TensorDataset(features, labels), batch_size, shuffle=True)
