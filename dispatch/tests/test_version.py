"""Version comparison against `packaging`, which these tests may use and the package may not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion
from packaging.version import Version as Reference

from torchere_dispatch.version import compare, parse_version

numbers = st.integers(0, 12)
releases = st.lists(numbers, min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))


@st.composite
def versions(draw: st.DrawFn, *, local: bool = True) -> str:
    text = draw(st.sampled_from(["", "", "", "1!", "0!"])) + draw(releases)
    separator = st.sampled_from(["", ".", "-", "_"])
    if draw(st.booleans()):
        stage = draw(st.sampled_from(["a", "b", "rc", "alpha", "beta", "c", "pre", "preview", "RC"]))
        text += draw(separator) + stage + draw(separator) + draw(st.sampled_from(["", "0", "1", "12"]))
        if text[-1] in ".-_":
            text += "3"
    if draw(st.booleans()):
        text += draw(st.sampled_from([".post1", "-2", "post", ".rev3", "-r4", ".post0"]))
    if draw(st.booleans()):
        text += draw(st.sampled_from([".dev0", "dev1", "-dev2", ".dev"]))
    if local and draw(st.booleans()):
        text += draw(st.sampled_from(["+1", "+abc", "+cu13.2", "+ubuntu-1", "+1.abc"]))
    return text


@given(versions(), versions())
def test_order_is_that_of_packaging(first, second):
    ours, theirs = (parse_version(first).key, parse_version(second).key), (Reference(first), Reference(second))
    assert (ours[0] < ours[1]) == (theirs[0] < theirs[1])
    assert (ours[0] == ours[1]) == (theirs[0] == theirs[1])
    assert parse_version(first).is_prerelease == theirs[0].is_prerelease


@given(versions(), st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "~="]), versions(local=False))
def test_comparisons_are_those_of_packaging(candidate, operator, bound):
    try:
        expected = SpecifierSet(f"{operator}{bound}").contains(candidate, prereleases=True)
    except InvalidSpecifier:
        with pytest.raises(ValueError, match="at least two"):
            compare(candidate, operator, bound)
        return
    assert compare(candidate, operator, bound) == expected


@given(versions(), st.sampled_from(["==", "!="]), releases)
def test_prefix_match_is_that_of_packaging(candidate, operator, release):
    expected = SpecifierSet(f"{operator}{release}.*").contains(candidate, prereleases=True)
    assert compare(candidate, operator, f"{release}.*") == expected


@given(st.text(alphabet="0123456789.abcdevpostr-_+! v", max_size=14))
def test_text_is_a_version_when_packaging_says_so(text):
    try:
        Reference(text)
    except InvalidVersion:
        with pytest.raises(ValueError, match="not a version"):
            parse_version(text)
    else:
        parse_version(text)


def test_exact_text_comparison():
    assert compare("1.0-Odd", "===", "1.0-odd")
    assert not compare("1.0", "===", "1.0.0")


@pytest.mark.parametrize(("operator", "bound"), [("<", "1.*"), ("=>", "1.0"), ("~=", "1")])
def test_malformed_bounds_raise(operator, bound):
    with pytest.raises(ValueError, match=r"goes with|unknown comparison|at least two"):
        compare("1.0", operator, bound)
