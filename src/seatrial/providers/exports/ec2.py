"""What EKS takes from EC2: free addresses of subnets, and the newest version of launch templates.

Documented: AWS CLI reference, `ec2 describe-subnets` (Subnets, AvailableIpAddressCount, AvailabilityZone) and
`ec2 describe-launch-templates` (LaunchTemplates, LatestVersionNumber), with examples; read 2026-11-22.
"""

from __future__ import annotations

from typing import Any

import msgspec

from seatrial.cluster.provider_state import Subnet
from seatrial.providers.exports.facts import Count, Facts, Format, Word, has

SUBNETS = "aws ec2 describe-subnets --subnet-ids SUBNET… --output json"
TEMPLATES = "aws ec2 describe-launch-templates --launch-template-ids TEMPLATE… --output json"


class _Subnet(msgspec.Struct, frozen=True, rename="pascal"):
    subnet_id: Word
    available_ip_address_count: Count
    availability_zone: Word = ""


class _SubnetsDocument(msgspec.Struct, frozen=True, rename="pascal"):
    subnets: tuple[_Subnet, ...]


class _Template(msgspec.Struct, frozen=True, rename="pascal"):
    launch_template_id: Word
    latest_version_number: Count
    launch_template_name: Word = ""


class _TemplatesDocument(msgspec.Struct, frozen=True, rename="pascal"):
    launch_templates: tuple[_Template, ...]


def _subnets(document: Any) -> Facts:
    return Facts(
        provider="eks",
        subnets=tuple(
            Subnet(
                name=each.subnet_id,
                free_addresses=each.available_ip_address_count,
                zone=each.availability_zone,
            )
            for each in msgspec.convert(document, _SubnetsDocument).subnets
        ),
    )


def _templates(document: Any) -> Facts:
    found = msgspec.convert(document, _TemplatesDocument).launch_templates
    newest = {each.launch_template_id: str(each.latest_version_number) for each in found}
    newest |= {each.launch_template_name: str(each.latest_version_number) for each in found}
    return Facts(provider="eks", newest_of=newest)


FORMATS = (
    Format(SUBNETS, lambda document: has(document, "Subnets"), _subnets),
    Format(TEMPLATES, lambda document: has(document, "LaunchTemplates"), _templates),
)
