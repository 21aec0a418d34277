# A config of MMPretrain
model = dict(type="ImageClassifier", backbone=dict(type="VisionTransformer", arch="small"))

train_dataloader = dict(batch_size=32, num_workers=8, sampler=dict(type="DefaultSampler"))

max_epochs = 100
warmup_epochs = 3
train_cfg = dict(by_epoch=True, max_epochs=max_epochs, val_interval=1)

optim_wrapper = dict(optimizer=dict(type="AdamW", lr=1e-3, weight_decay=0.01))

param_scheduler = [
    dict(
        type="LinearLR",
        start_factor=1e-3,
        by_epoch=True,
        begin=0,
        end=warmup_epochs,
        convert_to_iter_based=True,
    ),
    dict(type="CosineAnnealingLR", eta_min=0, by_epoch=True, begin=warmup_epochs, end=max_epochs),
]
