"""What all tests share: the fast ones run first."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def weight(item: pytest.Item) -> int:
        return sum(cost for name, cost in (("tensorflow", 1), ("slow", 2)) if item.get_closest_marker(name))

    items.sort(key=weight)
