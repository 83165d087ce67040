"""Options that commands share which work with the state: where it is, who decides."""

from __future__ import annotations

from seatrial.cli.options import PATH, option

state = option(
    "--state",
    envvar="SEATRIAL_STATE",
    default="",
    show_default="~/.local/state/seatrial",
    help="Folder of the state, or postgresql://USER@HOST/DATABASE.",
)
by = option("--by", default="", show_default="the user who runs it", help="Who decides this.")
kubeconfig = option("--kubeconfig", type=PATH, help="The kubeconfig file to use.")
fleets_kubeconfig = option(
    "--kubeconfig", type=PATH, show_default="as kubectl", help="Where the fleet's contexts are."
)
api = option(
    "--api",
    metavar="127.0.0.1:PORT",
    default="",
    help="Serve the API (the fleet-wide stop) meanwhile, on this machine.",
)
