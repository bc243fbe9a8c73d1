"""Provided: made model.json. Run it and it makes the same again; the app does not need it.

A logistic regression in plain Python. The orders are invented: each gets a true chance of coming
back from TRUTH, and a throw of the dice decides. So this model knows nothing of real customers.
"""

import json
import math
import random
from pathlib import Path

TRUTH = {
    "price_euros": 0.004,
    "quantity": -0.25,
    "discount_percent": 0.03,
    "delivery_days": 0.12,
    "earlier_orders": -0.08,
    "earlier_returns": 0.6,
}
"""What each unit adds to the log-odds of a return."""
MOST = (400, 6, 60, 14, 20, 8)
START = -2.6
ORDERS, STEPS, RATE = 2000, 300, 1.0


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def invent(dice: random.Random) -> tuple[list[list[float]], list[int]]:
    """Orders, and whether each of them came back."""
    rows = [[round(dice.uniform(0, most), 1) for most in MOST] for _ in range(ORDERS)]
    chances = [
        sigmoid(START + sum(w * x for w, x in zip(TRUTH.values(), row, strict=True)))
        for row in rows
    ]
    return rows, [int(dice.random() < chance) for chance in chances]


def standards(rows: list[list[float]]) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each column."""
    columns = list(zip(*rows, strict=True))
    means = [sum(column) / len(column) for column in columns]
    spreads = [
        math.sqrt(sum((x - mean) ** 2 for x in column) / len(column))
        for column, mean in zip(columns, means, strict=True)
    ]
    return means, spreads


def fit(rows: list[list[float]], returned: list[int]) -> tuple[list[float], float]:
    """Weights and bias that make the log-loss small, by gradient descent."""
    weights, bias = [0.0] * len(rows[0]), 0.0
    for _ in range(STEPS):
        slopes, lift = [0.0] * len(weights), 0.0
        for row, y in zip(rows, returned, strict=True):
            error = sigmoid(bias + sum(w * x for w, x in zip(weights, row, strict=True))) - y
            slopes = [slope + error * x for slope, x in zip(slopes, row, strict=True)]
            lift += error
        weights = [w - RATE * s / len(rows) for w, s in zip(weights, slopes, strict=True)]
        bias -= RATE * lift / len(rows)
    return weights, bias


def main() -> None:
    rows, returned = invent(random.Random(2026))
    means, spreads = standards(rows)
    scaled = [[(x - m) / s for x, m, s in zip(row, means, spreads, strict=True)] for row in rows]
    known = ORDERS * 3 // 4  # the rest is for the test: the model has never seen it
    weights, bias = fit(scaled[:known], returned[:known])
    right = sum(
        (bias + sum(w * x for w, x in zip(weights, row, strict=True)) >= 0) == bool(y)
        for row, y in zip(scaled[known:], returned[known:], strict=True)
    )
    print(f"{right / (ORDERS - known):.0%} of the orders it had not seen were guessed right.")
    print(
        f"{max(returned.count(0), returned.count(1)) / ORDERS:.0%} would be by always saying the same."
    )
    model = {
        "version": "returns-2026.11",
        "features": list(TRUTH),
        "mean": [round(x, 6) for x in means],
        "scale": [round(x, 6) for x in spreads],
        "weights": [round(x, 6) for x in weights],
        "bias": round(bias, 6),
    }
    file = Path(__file__).with_name("model.json")
    file.write_text(json.dumps(model, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
