"""The arithmetic of the monthly cost in docs/sizing.md."""

import pytest

from tools.local_stack.emulator import ROOT


def test_amounts_are_quantities_times_prices_and_add_up() -> None:
    text = (ROOT / "docs" / "sizing.md").read_text(encoding="utf-8")
    table = text.partition("| What, and its unit |")[2].partition("\n\n")[0].splitlines()[2:]
    *lines, total = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    assert len(lines) > 10
    sums = [0.0, 0.0, 0.0]
    for what, price, *cells in lines:
        for rank in range(3):
            quantity, amount = float(cells[2 * rank]), float(cells[2 * rank + 1])
            assert amount == pytest.approx(float(price) * quantity, abs=0.051), what
            sums[rank] += amount
    assert [float(total[3 + 2 * rank]) for rank in range(3)] == pytest.approx(sums)
