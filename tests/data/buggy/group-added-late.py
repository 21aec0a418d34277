# https://github.com/huggingface/transformers/issues/20029
import torch
from torch.optim import SGD
from torch.optim.lr_scheduler import StepLR

model = torch.nn.Linear(2, 1)
optimizer = SGD([model.weight], lr=0.1)
scheduler = StepLR(optimizer, 5)  # <-
optimizer.add_param_group({"params": [model.bias], "lr": 0.1})
for _ in range(20):
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    scheduler.step()
