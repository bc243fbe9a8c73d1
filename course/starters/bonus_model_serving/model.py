"""Provided: guesses whether an order comes back. Use it, there is nothing to change here."""

import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple, Self

FILE = Path(__file__).with_name("model.json")
LOAD_SECONDS = 0.3  # how long it takes to load a model; a large one takes minutes
PREDICT_SECONDS = 0.05  # how long one prediction keeps a processor busy


class Prediction(NamedTuple):
    label: Literal["returned", "kept"]
    probability: float
    """That the order comes back, from 0 to 1."""


class Model:
    """A logistic regression. `train.py` says how it was made."""

    loads: ClassVar[int] = 0
    """How many times a model was loaded."""

    def __init__(
        self,
        version: str,
        mean: Sequence[float],
        scale: Sequence[float],
        weights: Sequence[float],
        bias: float,
    ) -> None:
        self.version = version
        self._scaled = list(zip(mean, scale, weights, strict=True))
        self._bias = bias

    @classmethod
    def load(cls) -> Self:
        """What model.json says now. Slow, and blocks. Raises when the file is not a model."""
        Model.loads += 1
        time.sleep(LOAD_SECONDS)
        data = json.loads(FILE.read_text("utf-8"))
        return cls(data["version"], data["mean"], data["scale"], data["weights"], data["bias"])

    def predict(self, features: Sequence[float]) -> Prediction:
        """For one order, as six numbers. It computes all the time, and so blocks."""
        _compute(PREDICT_SECONDS)
        z = self._bias + sum(
            weight * (x - mean) / scale
            for x, (mean, scale, weight) in zip(features, self._scaled, strict=True)
        )
        probability = 1 / (1 + math.exp(-max(-500.0, min(500.0, z))))
        return Prediction("returned" if probability >= 0.5 else "kept", probability)


def _compute(seconds: float) -> None:
    """What a larger model would do all this time."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
