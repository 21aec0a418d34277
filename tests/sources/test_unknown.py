"""What is no SOURCE, and what may have been meant."""

from __future__ import annotations

import pytest

from lrviz.errors import UsageError
from lrviz.sources.grammar import reference
from lrviz.sources.loading import load
from lrviz.sources.unknown import unknown


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            "torch.optim.lr_scheduler.StepLR",
            "'torch.optim.lr_scheduler.StepLR' is no source; torch's schedulers are named alone: "
            "StepLR",
        ),
        ("torch.optim.StepLRR", "no preset or scheduler 'torch.optim.StepLRR' (`lrviz list` shows"),
        ("cosine,linear", "'cosine,linear' is no source; did you mean several: cosine linear?"),
        ("cosine, linear", "'cosine, linear' is no source; did you mean several: cosine linear?"),
        ("T_max=0.1", "T_max=0.1: arguments stand behind a colon, as in cosine:T_max=0.1"),
        ("T_max=10%", "T_max=10%: arguments stand behind a colon, as in cosine:T_max=10%"),
        ("eta_min=0.1lr", "eta_min=0.1lr: arguments stand behind a colon, as in cosine:eta_min="),
        ("mine=cosin", "no preset or scheduler 'cosin'; did you mean cosine?"),
        ("my curve=0.1", "no preset or scheduler '0.1' (`lrviz list` shows all)"),
    ],
)
def test_it_says_what_to_write(source: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(source)
    assert str(caught.value).startswith(words)
    assert str(unknown(reference(source))) == str(caught.value)
