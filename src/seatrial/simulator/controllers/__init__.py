"""The controllers that decide whether an upgrade hurts; `default_controllers` are those of a real cluster."""

from seatrial.simulator.controllers.default import control_loop, default_controllers

__all__ = ["control_loop", "default_controllers"]
