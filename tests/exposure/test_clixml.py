"""CliXML becomes plain values: properties, lists, references, escaped characters."""

from __future__ import annotations

from hevesy.exposure.clixml import LINE, TEXT, TYPES, dig, is_clixml, read_clixml

_DOCUMENT = """<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">
  <Obj RefId="0">
    <TN RefId="0"><T>A.B</T><T>System.Object</T></TN>
    <ToString>one_x000D__x000A_two</ToString>
    <Props>
      <S N="Name">EX01</S>
      <I32 N="Count">7</I32>
      <B N="On">true</B>
      <Nil N="Nothing" />
      <Obj N="List" RefId="1"><TNRef RefId="0" /><LST><S>a</S><Ref RefId="0" /></LST></Obj>
      <Obj N="Table" RefId="2"><DCT><En><S N="Key">k</S><S N="Value">v</S></En></DCT></Obj>
      <Obj N="Enum" RefId="3"><ToString>Running</ToString><I32>4</I32></Obj>
    </Props>
    <MS><S N="Note">added</S></MS>
  </Obj>
</Objs>"""


def test_values_are_what_powershell_would_give_back() -> None:
    """Properties, notes, lists, tables and texts keep their names."""
    (value,) = read_clixml(_DOCUMENT.encode())

    assert isinstance(value, dict)
    assert (value[LINE], value[TYPES], value[TEXT]) == ("2", "A.B System.Object", "one\r\ntwo")
    assert (dig(value, "name"), dig(value, "Count"), dig(value, "On")) == ("EX01", "7", True)
    assert dig(value, "Nothing") is None
    assert dig(value, "Note") == "added"
    assert dig(value, "Table", "k") == "v"
    assert dig(value, "Enum", TEXT) == "Running"
    listed = dig(value, "List")
    assert isinstance(listed, list)
    assert listed[0] == "a"
    assert listed[1] is value


def test_it_is_recognised_in_either_encoding() -> None:
    """Windows PowerShell writes UTF-16 unless it is told otherwise."""
    utf16 = _DOCUMENT.encode("utf-16")

    assert is_clixml(_DOCUMENT.encode())
    assert is_clixml(utf16)
    assert dig(read_clixml(utf16)[0], "Name") == "EX01"
    assert not is_clixml(b"<configuration/>")
