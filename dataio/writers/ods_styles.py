"""The looks of an OpenDocument spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dataio.writers.sheets import HEADER_TINT

NAMESPACES = (
    " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{part}"'
        for name, part in {
            "office": "office:1.0",
            "style": "style:1.0",
            "text": "text:1.0",
            "table": "table:1.0",
            "number": "datastyle:1.0",
            "fo": "xsl-fo-compatible:1.0",
            "of": "of:1.2",
            "config": "config:1.0",
        }.items()
    )
    + ' xmlns:xlink="http://www.w3.org/1999/xlink" office:version="1.3"'
)
PIXEL = 2.54 / 96  # centimetres
LOOKS = {
    "": "",
    "strong": '<style:text-properties fo:font-weight="bold"/>',
    "total": '<style:table-cell-properties fo:border-top="0.5pt solid #000000"/>'
    '<style:text-properties fo:font-weight="bold"/>',
}
_DAY = (
    '<number:year number:style="long"/><number:text>-</number:text>'
    '<number:month number:style="long"/><number:text>-</number:text>'
    '<number:day number:style="long"/>'
)
_CLOCK = (
    '<number:hours number:style="long"/><number:text>:</number:text>'
    '<number:minutes number:style="long"/><number:text>:</number:text>'
    '<number:seconds number:style="long"/>'
)
_PERIOD = _CLOCK.replace('<number:hours number:style="long"/>', "<number:hours/>")
_DATA_STYLES = {
    "@": ("text", "", "<number:text-content/>"),
    "yyyy-mm-dd": ("date", "", _DAY),
    "yyyy-mm-dd hh:mm:ss": ("date", "", f"{_DAY}<number:text> </number:text>{_CLOCK}"),
    "hh:mm:ss": ("time", "", _CLOCK),
    "[h]:mm:ss": ("time", ' number:truncate-on-overflow="false"', _PERIOD),
}


class Styles:
    """Names for the looks that a file needs, and their definitions."""

    def __init__(self, formats: Iterable[str], widths: Iterable[int]) -> None:
        self._formats = sorted({"General", *formats})
        self._widths = sorted(set(widths))

    def cell(self, shown: str, look: str = "") -> str:
        """Return the name of a cell style: of an Excel number format and a look."""
        return f"ce{self._formats.index(shown)}{look}"

    def column(self, width: int) -> str:
        """Return the name of a column style; `width` in characters."""
        return f"co{width}"

    def xml(self) -> str:
        """Return the definitions."""
        parts = [_column(width) for width in self._widths]
        for number, shown in enumerate(self._formats):
            parts.append(_data_style(number, shown))
            parts += [_cell(number, look) for look in LOOKS]
        return "".join([*parts, FIXED])


FIXED = (
    '<style:style style:name="plain" style:family="table-cell"/>'
    '<style:style style:name="shown" style:family="table">'
    '<style:table-properties table:display="true"/></style:style>'
    '<style:style style:name="hidden" style:family="table">'
    '<style:table-properties table:display="false"/></style:style>'
    '<style:style style:name="header" style:family="table-cell">'
    f'<style:table-cell-properties fo:background-color="{HEADER_TINT}"/>'
    '<style:text-properties fo:font-weight="bold"/></style:style>'
    '<style:style style:name="number" style:family="table-cell"'
    ' style:parent-style-name="Default">'
    f'<style:table-cell-properties fo:background-color="{HEADER_TINT}"/>'
    '<style:paragraph-properties fo:text-align="end"/>'
    '<style:text-properties fo:font-weight="bold"/></style:style>'
    '<style:style style:name="title" style:family="table-cell">'
    '<style:text-properties fo:font-weight="bold" fo:font-size="16pt"/></style:style>'
)


def _column(width: int) -> str:
    size = f"{(7 * width + 5) * PIXEL:.2f}cm"
    return (
        f'<style:style style:name="co{width}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{size}"/></style:style>'
    )


def _cell(number: int, look: str) -> str:
    return (
        f'<style:style style:name="ce{number}{look}" style:family="table-cell"'
        f' style:parent-style-name="Default" style:data-style-name="N{number}">'
        f"{LOOKS[look]}</style:style>"
    )


def _data_style(number: int, shown: str) -> str:
    kind, more, body = _DATA_STYLES.get(shown) or ("number", "", _number(shown))
    return f'<number:{kind}-style style:name="N{number}"{more}>{body}</number:{kind}-style>'


def _number(shown: str) -> str:
    """Return the body of a number style, such as of "0", "0.00", "#,##0.00" or "General"."""
    if shown == "General":
        return '<number:number number:min-integer-digits="1"/>'
    places = len(shown.partition(".")[2])
    grouped = ' number:grouping="true"' if "," in shown else ""
    return (
        f'<number:number number:decimal-places="{places}"'
        f' number:min-decimal-places="{places}" number:min-integer-digits="1"{grouped}/>'
    )


def frozen(rows: Mapping[str, int]) -> str:
    """Return the settings of a file whose sheets keep so many rows on top; names escaped."""
    tables = "".join(
        f'<config:config-item-map-entry config:name="{name}">'
        + _item("VerticalSplitMode", "short", 2)
        + _item("VerticalSplitPosition", "int", count)
        + _item("ActiveSplitRange", "short", 2)
        + _item("PositionBottom", "int", count)
        + "</config:config-item-map-entry>"
        for name, count in rows.items()
    )
    return (
        f"<office:document-settings {NAMESPACES}><office:settings>"
        '<config:config-item-set config:name="ooo:view-settings">'
        '<config:config-item-map-indexed config:name="Views">'
        f"<config:config-item-map-entry>{_item('ViewId', 'string', 'view1')}"
        f'<config:config-item-map-named config:name="Tables">{tables}'
        "</config:config-item-map-named></config:config-item-map-entry>"
        "</config:config-item-map-indexed></config:config-item-set>"
        "</office:settings></office:document-settings>"
    )


def _item(name: str, kind: str, value: object) -> str:
    return (
        f'<config:config-item config:name="{name}" config:type="{kind}">{value}'
        "</config:config-item>"
    )
