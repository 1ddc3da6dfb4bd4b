"""Metrics in CloudWatch: a line of the log in the embedded metric format, without any call."""

from aws_lambda_powertools.metrics import MetricUnit, single_metric

NAMESPACE = "Quiforme"


class StackMetrics:
    """The metrics of one stack: its name is their only dimension, so that two stacks of an account never meet."""

    def __init__(self, stack: str) -> None:
        """Take the stack's name."""
        self._stack = stack

    def __call__(self, name: str, value: int) -> None:
        """Count something."""
        with single_metric(name=name, unit=MetricUnit.Count, value=value, namespace=NAMESPACE) as metric:
            metric.add_dimension(name="Stack", value=self._stack)
