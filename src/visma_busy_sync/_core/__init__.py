"""What every layer stands on: the root error, the stepper, and the protocols of the world outside.

It answers for how one core serves two shells. It knows neither eAccounting nor Busy.
"""
