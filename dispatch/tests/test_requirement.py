"""Requires-Dist lines and their markers, against `packaging`."""

import platform
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Reference

from torchere_dispatch.requirement import environment, evaluate_marker, normalized, parse_requirement

names = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?", fullmatch=True)
bounds = st.builds(
    "{}{}".format,
    st.sampled_from([">=", "<", "==", "!=", "~=", "> ", " <= "]),
    st.sampled_from(["1.2", "2.0.1", "3.4rc1"]),
)
atoms = st.one_of(
    st.builds(
        "python_version {} '{}'".format,
        st.sampled_from([">=", "<", "==", "!="]),
        st.sampled_from(["3.8", "3.11", "3.100"]),
    ),
    st.builds(
        'sys_platform {} "{}"'.format,
        st.sampled_from(["==", "!=", "in", "not in"]),
        st.sampled_from(["linux", "win32"]),
    ),
    st.sampled_from(
        ["extra == 'cuda'", "'linux' in sys_platform", "os_name == 'posix'", "implementation_name=='cpython'"]
    ),
)
markers = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds("{} and {}".format, inner, inner),
        st.builds("{} or {}".format, inner, inner),
        st.builds("({})".format, inner),
    ),
    max_leaves=5,
)


@st.composite
def requirements(draw: st.DrawFn) -> str:
    text = draw(names)
    if draw(st.booleans()):
        text += "[" + ",".join(draw(st.lists(names, max_size=2))) + "]"
    inner = ",".join(draw(st.lists(bounds, max_size=3)))
    text += draw(st.sampled_from(["", " "])) + (f"({inner})" if inner and draw(st.booleans()) else inner)
    if draw(st.booleans()):
        text += draw(st.sampled_from([";", " ; "])) + draw(markers)
    return text


@given(requirements())
def test_parsing_agrees_with_packaging(text):
    ours, theirs = parse_requirement(text), Reference(text)
    assert ours.name == theirs.name
    assert set(ours.extras) == theirs.extras
    assert {op + version for op, version in ours.bounds} == {str(spec) for spec in theirs.specifier}
    assert ours.applies() == (theirs.marker is None or theirs.marker.evaluate({"extra": ""}))
    for version in ("1.2", "1.9", "2.0.1", "3.4rc1"):
        assert ours.allows(version) == theirs.specifier.contains(version, prereleases=True)


@given(markers)
def test_markers_agree_with_packaging(marker):
    for extra in ("", "cuda"):
        assert evaluate_marker(marker, environment(extra)) == Marker(marker).evaluate({"extra": extra})


@given(st.text(max_size=30))
def test_any_text_parses_or_raises_value_error(text):
    try:
        requirement = parse_requirement(text)
        requirement.applies()
        requirement.allows("1.0")
    except ValueError:
        return
    # What is accepted must at least be a name; packaging may be stricter about the rest.
    try:
        assert Reference(text).name == requirement.name
    except InvalidRequirement:
        assert requirement.name


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "does not start"),
        ("torchere >", "not a version bound"),
        ("torchere 1.2", "not a version bound"),
        ("torchere; python_version", "ends too early"),
        ("torchere; wrong == '1'", "unknown variable"),
        ("torchere; (os_name == 'posix'", "not closed"),
        ("torchere; os_name == 'posix' os_name", "unexpected"),
        ("torchere; os_name ~= 'posix'", "needs versions"),
        ("torchere; os_name & 'posix'", "cannot read"),
    ],
)
def test_malformed_requirements_say_what_is_wrong(text, problem):
    with pytest.raises(ValueError, match=problem):
        parse_requirement(text).applies()


def test_url_requirement_allows_every_version():
    requirement = parse_requirement("torchere @ https://example.org/a;b.whl ; os_name == 'nowhere'")
    assert requirement.url == "https://example.org/a;b.whl"
    assert requirement.allows("0.0.1")
    assert not requirement.applies()


def test_environment_describes_this_interpreter():
    values = environment()
    assert values["python_full_version"] == platform.python_version()
    assert values["sys_platform"] == sys.platform


def test_normalized_names():
    assert normalized("Torch_Ere.-Extra") == "torch-ere-extra"
