"""What a provider's own command line printed about a cluster, as a part of the snapshot: pure.

Until an adapter can ask EKS, GKE or AKS, whoever may ask them does it and hands over the JSON. A file is
known by its shape. Of what it holds only the fields that a check reads are kept: they are what may stand in
a snapshot that leaves the building. Certificates, addresses of API servers, tags and words are dropped here.
"""

from seatrial.providers.exports.belonging import Live
from seatrial.providers.exports.joining import Joined, with_exports
from seatrial.providers.exports.recognising import COMMANDS, read_exports

__all__ = ["COMMANDS", "Joined", "Live", "read_exports", "with_exports"]
