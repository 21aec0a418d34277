import torch
from torch.optim import SGD
from torch.optim.lr_scheduler import CosineAnnealingLR

model = torch.nn.Linear(2, 1)
optimizer = SGD(model.parameters(), lr=0.1)
scheduler = CosineAnnealingLR(optimizer, 20)
for batch in range(80):
    model(torch.ones(1, 2)).sum().backward()
    if (batch + 1) % 4 == 0:
        optimizer.step()
        optimizer.zero_grad()
        scheduler.step()
