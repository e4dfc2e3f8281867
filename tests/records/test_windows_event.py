"""One event dict -> fields: leaf names, positions, and the ways converters write attributes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.records.windows_event import flatten, integer, nested_event, positional, text

SYSTEM: dict[str, Any] = {
    "Provider": {"#attributes": {"Name": "Contoso"}},
    "EventID": {"#attributes": {"Qualifiers": 16384}, "#text": 7},
    "TimeCreated": {"#attributes": {"SystemTime": "2021-03-04T09:38:24.9Z"}},
    "Channel": "Application",
    "Computer": "mxs01.contoso.com",
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["Data", "#text", "#attributes", "Name", "@Name", "xmlns", "a b"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "provider",
    [
        {"Provider": {"#attributes": {"Name": "Contoso"}}},
        {"Provider": {"@Name": "Contoso"}},
        {"Provider": {"Name": "Contoso"}},
        {"Provider": None, "Provider_attributes": {"Name": "Contoso"}},
    ],
)
def test_attributes_are_read_however_a_converter_wrote_them(provider: dict[str, Any]) -> None:
    """evtx_dump, xmltodict, Velociraptor and separate attributes say the same provider."""
    event = nested_event({"System": SYSTEM | provider})
    assert event is not None
    assert (event.provider, event.event_id) == ("Contoso", 7)


def test_numbers_and_booleans_become_text_and_null_is_absent() -> None:
    """EventData is text, as Sigma rules write it: `Initiated: 'true'`; null matches no value."""
    data = {"Initiated": True, "ProcessId": 4, "Image": "System", "Gone": None}
    event = nested_event({"System": SYSTEM, "EventData": data})
    assert event is not None
    assert event.fields == {"Initiated": "true", "ProcessId": "4", "Image": "System"}


def test_user_data_is_flattened_to_leaf_names() -> None:
    """Names of UserData are those that rules ask for; repeated leaves keep every value."""
    fields: dict[str, str] = {}
    flatten(
        {
            "EventXML": {
                "#attributes": {"xmlns": "Event_NS"},
                "Param1": "administrator",
                "Objects": {
                    "Object": [{"#attributes": {"fileRef": "1.cer"}}, {"fileRef": "2.cer"}]
                },
                "Cause": {"#attributes": {"code": 5}, "#text": "denied"},
            }
        },
        fields,
    )
    assert fields == {
        "Param1": "administrator",
        "fileRef": "1.cer\n2.cer",
        "Cause": "denied",
        "code": "5",
    }


def test_the_name_of_a_template_is_no_field() -> None:
    """`<EventData Name="TEMPLATE">` names the template, not a value."""
    fields: dict[str, str] = {}
    flatten({"#attributes": {"Name": "TMP_EVENT"}, "Offset": 1}, fields)
    assert fields == {"Offset": "1"}


def test_unnamed_values_are_data_and_positions() -> None:
    """Unnamed `<Data>` is `Data`, joined, and `param1` ..., empty ones keeping their place."""
    fields: dict[str, str] = {}
    flatten({"Data": {"#text": ["one", "", "three"]}, "Binary": None}, fields)
    assert fields == {"Data": "one\n\nthree", "param1": "one", "param3": "three"}


def test_named_data_items_go_by_their_name() -> None:
    """`[{"@Name": .., "#text": ..}]` is EventData with names."""
    fields: dict[str, str] = {}
    positional([{"@Name": "CommandLine", "#text": "whoami"}, {"#text": "bare"}], fields)
    assert fields == {"CommandLine": "whoami", "Data": "bare", "param1": "bare"}


def test_forwarded_events_bring_their_message() -> None:
    """`RenderingInfo` of a forwarded event holds the message, and no field."""
    event = nested_event(
        {"System": SYSTEM, "RenderingInfo": {"Message": "Hello", "Level": "Error"}}
    )
    assert event is not None
    assert event.message == "Hello"
    assert event.fields == {}


def test_a_dict_without_system_is_no_event() -> None:
    """Only what has `System` is an event."""
    assert nested_event({"EventData": {"a": "b"}}) is None


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("4624", 4624),
        ("0x10", 16),
        (1 << 63, None),
        ("x", None),
        (True, None),
        ({"#text": "6"}, 6),
        ({"Value": 6}, 6),
        (None, None),
        (1.5, None),
    ],
)
def test_numbers_fit_a_column(value: object, number: int | None) -> None:
    """A number column takes 64 bits; what does not fit is null, never an exception."""
    assert integer(value) == number


@given(JSON)
def test_no_value_raises(value: object) -> None:
    """Any JSON in place of any part of an event is read or left out."""
    assert text(value) is None or isinstance(text(value), str)
    event = nested_event({"System": SYSTEM | {"Execution": value}, "EventData": value, "X": value})
    assert event is not None
    assert all(isinstance(one, str) for one in event.fields.values())


def test_deep_nesting_is_cut() -> None:
    """What lies deeper than 24 levels is left to the raw event, and costs no recursion."""
    deep: Any = "x"
    for _ in range(500):
        deep = {"a": [deep]}
    assert nested_event({"System": SYSTEM, "EventData": deep}) is not None
    assert text(deep) is None
