"""The SAM transform, for the environment of SAM: {"template", "parameters"} in, a CloudFormation template out.

tools.local_stack.template runs it in its own process; it imports nothing of this project.
"""

import json
import sys
from typing import Any

from samtranslator.translator.transform import transform  # type: ignore[import-not-found]  # installed in SAM's environment


class _Policies:
    """Stands for the managed policies that SAM asks IAM for; the template names policies by ARN only."""

    def load(self) -> dict[str, str]:
        return {}


def main() -> None:
    """Read, transform, write."""
    given: dict[str, Any] = json.load(sys.stdin)
    for resource in given["template"]["Resources"].values():
        for name in ("CodeUri", "ContentUri"):
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = "s3://built/by-sam"  # as `sam deploy` leaves it
    json.dump(transform(given["template"], given["parameters"], _Policies()), sys.stdout)


if __name__ == "__main__":
    main()
