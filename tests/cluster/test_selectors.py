"""Label selectors, in both of the API's forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.cluster.selectors import (
    LabelSelector,
    Operator,
    Requirement,
    format_selector,
    matches_all,
    parse_selector,
)
from seatrial.errors import BadInput

LABELS = {"app": "web", "tier": "front", "rank": "7", "empty": ""}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("app=web", True),
        ("app==web", True),
        ("app = web , tier!=back", True),
        ("app!=web", False),
        ("missing!=x", True),
        ("tier in (front, back)", True),
        ("tier in (back)", False),
        ("tier notin (back)", True),
        ("missing notin (x)", True),
        ("missing in (x)", False),
        ("app", True),
        ("!app", False),
        ("!missing", True),
        ("rank>6", True),
        ("rank<7", False),
        ("app>1", False),
        ("empty=", True),
        ("empty in (,x)", True),
        ("example.org/app=web", False),
    ],
)
def test_query_selects_as_kubectl_does(text: str, matches: bool) -> None:
    assert matches_all(parse_selector(text), LABELS) is matches


@pytest.mark.parametrize(
    "text", ["a=b,", ",a", "a=b c=d", "=", "a in b", "a in (b", "a=b=c", "a>x", "a=-", "!"]
)
def test_text_that_is_no_selector_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is not a label selector"):
        parse_selector(text)


def test_selector_of_an_object_holds_all_its_conditions() -> None:
    selector = LabelSelector(
        {"app": "web"},
        (Requirement("tier", Operator.IN, ("front",)), Requirement("gone", Operator.DOES_NOT_EXIST)),
    )
    assert selector.matches(LABELS)
    assert not selector.matches({**LABELS, "gone": "1"})
    assert not selector.matches({**LABELS, "app": "api"})
    assert LabelSelector().matches({})
    assert LabelSelector().selects_everything
    assert str(selector) == "app=web,tier=front,!gone"


names = st.from_regex(r"[a-z]([-a-z0-9]{0,5}[a-z0-9])?", fullmatch=True)
requirements = st.one_of(
    st.builds(Requirement, names, st.sampled_from([Operator.EXISTS, Operator.DOES_NOT_EXIST])),
    st.builds(
        Requirement,
        names,
        st.sampled_from([Operator.IN, Operator.NOT_IN]),
        st.lists(names, min_size=1, max_size=3, unique=True).map(sorted).map(tuple),
    ),
)


@given(st.lists(requirements, max_size=4).map(tuple))
def test_formatting_and_parsing_are_inverse(selector: tuple[Requirement, ...]) -> None:
    assert parse_selector(format_selector(selector)) == selector
