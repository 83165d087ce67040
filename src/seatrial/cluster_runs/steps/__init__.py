"""One file per thing that a step does; `seatrial.wiring.performing` says which step is done by which."""
