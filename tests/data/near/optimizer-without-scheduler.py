import torch
from torch.optim import SGD
from torch.optim.lr_scheduler import CosineAnnealingLR

model = torch.nn.Linear(2, 1)
optimizer = SGD([model.weight], lr=0.1)
other = SGD([model.bias], lr=0.1)
schedulers = [CosineAnnealingLR(optimizer, 20), CosineAnnealingLR(other, 20)]
for _ in range(20):
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    other.step()
    for scheduler in schedulers:
        scheduler.step()
