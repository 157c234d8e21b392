"""What a rendered chart must be. Each check takes a Chart and fails with an AssertionError (or Refused).

They are functions, not tests, so that test_mutations.py can run them against charts with a mistake in them.
"""
from . import configuration, judge, monitoring, network, pods, traffic

ALL = {
    f"{module.__name__.rsplit('.', 1)[1]}.{name}": function
    for module in (configuration, judge, monitoring, network, pods, traffic)
    for name, function in vars(module).items()
    if callable(function) and getattr(function, "__module__", "") == module.__name__ and not name.startswith("_")
}
