"""Stands in for rpds, which is written in Rust: what `referencing` and `jsonschema` use of it.

Persistent collections: what looks like a change gives another one. Here each is a copy.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class HashTrieMap(Mapping[K, V]):
    def __init__(self, value: Any = (), **named: Any) -> None:
        self._of: dict[K, V] = dict(value, **named)

    @classmethod
    def convert(cls, value: Any) -> HashTrieMap[K, V]:
        return value if isinstance(value, cls) else cls(value)

    def __getitem__(self, key: K) -> V:
        return self._of[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._of)

    def __len__(self) -> int:
        return len(self._of)

    def __hash__(self) -> int:
        return hash(frozenset(self._of.items()))

    def insert(self, key: K, value: V) -> HashTrieMap[K, V]:
        return HashTrieMap({**self._of, key: value})

    def update(self, *others: Any, **named: Any) -> HashTrieMap[K, V]:
        merged = dict(self._of)
        for other in others:
            merged.update(other)
        return HashTrieMap(merged, **named)

    def remove(self, key: K) -> HashTrieMap[K, V]:
        """Raises KeyError."""
        rest = dict(self._of)
        del rest[key]
        return HashTrieMap(rest)


class HashTrieSet(frozenset[K]):
    def insert(self, value: K) -> HashTrieSet[K]:
        return HashTrieSet([*self, value])

    def update(self, *others: Iterable[K]) -> HashTrieSet[K]:
        return HashTrieSet(self.union(*others))

    def remove(self, value: K) -> HashTrieSet[K]:
        """Raises KeyError."""
        if value not in self:
            raise KeyError(value)
        return HashTrieSet(self - {value})


class List(tuple[V, ...]):
    """The first one is the last that was pushed."""

    def push_front(self, value: V) -> List[V]:
        return List([value, *self])

    @property
    def first(self) -> V:
        return self[0]

    @property
    def rest(self) -> List[V]:
        return List(self[1:])
