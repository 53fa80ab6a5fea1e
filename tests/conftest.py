"""What holds for every test."""

from hypothesis import HealthCheck, settings

# A busy machine is no defect: the time of one example says nothing of the code.
settings.register_profile("any_machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any_machine")
