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


@given(st.text(min_size=1), st.text(min_size=1))
def test_what_differs_stays_different_where_there_is_room(one: str, other: str) -> None:
    tokens = Tokens(KEY)
    if len(one) > 1:
        assert (tokens.of(one) == tokens.of(other)) is (one == other)


def test_short_values_that_differ_get_tokens_that_differ() -> None:
    tokens = Tokens(KEY)
    values = [f"{a}{b}" for a in "abcdefghij" for b in "abcdefghij"]
    assert len({tokens.of(value) for value in values}) == 100


@given(st.text(st.characters(codec="ascii"), min_size=6, max_size=300))
def test_the_data_and_the_string_data_of_one_secret_stay_equal(value: str) -> None:
    """Also where the text reads as base64 itself, as "password" does."""
    tokens = Tokens(KEY)
    assert base64.b64decode(tokens.of(base64.b64encode(value.encode()).decode())) == tokens.of(value).encode()


@given(st.binary(min_size=60, max_size=300), st.integers(16, 76), st.sampled_from(["\n", "\r\n"]))
def test_wrapped_base64_stays_so(value: bytes, width: int, end: str) -> None:
    encoded = base64.b64encode(value).decode()
    wrapped = end.join(encoded[at : at + width] for at in range(0, len(encoded), width)) + end
    token = Tokens(KEY).of(wrapped)
    assert [len(line) for line in token.split(end)] == [len(line) for line in wrapped.split(end)]
    assert token.replace(end, "") == Tokens(KEY).of(encoded)
    assert len(base64.b64decode(token.replace(end, ""), validate=True)) == len(value)


def test_a_certificate_of_windows_keeps_its_frame_too() -> None:
    token = Tokens(KEY).of(PEM.replace("\n", "\r\n"))
    assert token.startswith("-----BEGIN CERTIFICATE-----\r\n")
    assert token.replace("\r\n", "\n") == Tokens(KEY).of(PEM)


def test_what_only_calls_itself_pem_keeps_nothing() -> None:
    token = Tokens(KEY).of(PEM.replace("CERTIFICATE", "CANARY8F14E45F KEY"))
    assert "CANARY" not in token
