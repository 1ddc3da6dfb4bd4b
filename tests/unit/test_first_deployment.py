"""The checklist of the first deployment names what the template has."""

import re

from tools.local_stack.emulator import ROOT
from tools.local_stack.template import template


def test_every_output_and_resource_named_exists() -> None:
    text = (ROOT / "docs" / "premier-deploiement.md").read_text(encoding="utf-8")
    outputs, resources = (set(re.findall(rf"\$\({command} (\w+)\)", text)) for command in ("output", "resource"))
    assert outputs
    assert resources
    assert outputs <= template()["Outputs"].keys()
    assert resources <= template()["Resources"].keys()
