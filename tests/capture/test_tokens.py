"""Tokens keep equality, length and shape, and nothing else."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from seatrial.capture.tokens import Tokens

KEY = b"k" * 32
PEM = (
    "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ2Fu\nYXJ5Q2FuYXJ5Q2FuYXJ5\n-----END CERTIFICATE-----\n"
)


@given(st.text())
def test_a_token_is_as_long_as_its_value_and_always_the_same(value: str) -> None:
    tokens = Tokens(KEY)
    assert len(tokens.of(value)) == len(value)
    assert tokens.of(value) == Tokens(KEY).of(value)


@given(st.text(min_size=12))
def test_a_value_is_not_in_its_token(value: str) -> None:
    assert value not in Tokens(KEY).of(value)


@given(st.binary(min_size=6, max_size=200))
def test_base64_stays_base64_of_the_same_length(value: bytes) -> None:
    encoded = base64.b64encode(value).decode()
    token = Tokens(KEY).of(encoded)
    assert len(token) == len(encoded)
    assert len(base64.b64decode(token, validate=True)) == len(value)


def test_two_captures_have_nothing_in_common() -> None:
    assert Tokens().of("correct horse battery") != Tokens().of("correct horse battery")


def test_a_certificate_keeps_its_frame_and_lines() -> None:
    token = Tokens(KEY).of(PEM)
    assert token != PEM
    assert [len(line) for line in token.split("\n")] == [len(line) for line in PEM.split("\n")]
    assert token.startswith("-----BEGIN CERTIFICATE-----\n")
    assert token.endswith("-----END CERTIFICATE-----\n")
    assert "MIIBszCC" not in token


def test_a_certificate_in_base64_keeps_its_frame() -> None:
    encoded = base64.b64encode(PEM.encode()).decode()
    inside = base64.b64decode(Tokens(KEY).of(encoded)).decode()
    assert inside.startswith("-----BEGIN CERTIFICATE-----\n")
    assert "MIIBszCC" not in inside


def test_a_value_as_big_as_a_secret_may_be_costs_one_hash_of_it() -> None:
    """A hash of it per 32 bytes of token would take minutes."""
    assert len(Tokens(KEY).of("long " * 200_000)) == 1_000_000
