"""Charts as SVG, drawn by Vega-Lite without a browser. One drawing a kind; a report names the kind.

Every chart has days on the same axis, named with its zone. A day that is not over is pale: a bar, or a
point behind the end of its line, which does not lead to it as if it were a day like the others.
Colours are Okabe and Ito's, which people tell apart however they see colour; lines differ in their
dashes as well.
"""

from collections.abc import Callable, Sequence
from typing import Any

from orchestration.reports.document import Chart
from orchestration.reports.figures import Row

BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#AA4499", "#6b7280"
_WIDTH, _HEIGHT = 760, 190
_PALE = 0.35


def svg(chart: Chart, zone: str) -> str:
    import vl_convert

    spec = _KINDS[chart.kind](chart, zone).to_dict()
    # Nothing is fetched: the data stands in the drawing.
    return str(vl_convert.vegalite_to_svg(spec, vl_version=_version(spec), allowed_base_urls=[]))


def _version(spec: dict[str, Any]) -> str:
    """Of Vega-Lite, as Altair names it in the schema: .../v6.1.0.json"""
    major, minor, *_ = spec["$schema"].rpartition("/v")[2].split(".")
    return f"{major}.{minor}"


def _cost(chart: Chart, zone: str) -> Any:
    import altair as alt

    data = _data(chart.rows, ("day", "is_complete", "cost", "average"))
    of_day, mean = "the day", "mean of seven days"
    colour = alt.Color("is:N", scale=alt.Scale(domain=[of_day, mean], range=[BLUE, ORANGE]), title=None)
    bars = (
        alt.Chart(data)
        .transform_calculate(**{"is": f"'{of_day}'"})
        .mark_bar()
        .encode(
            x=_days(zone),
            y=alt.Y("cost:Q", title="US dollars"),
            color=colour,
            opacity=_pale_if_unfinished(),
        )
    )
    means = (
        alt.Chart(data)
        .transform_calculate(**{"is": f"'{mean}'"})
        .encode(x=_days(zone), y="average:Q", color=colour)
    )
    return _finished(bars + _line(means) + _unfinished(means))


def _demand(chart: Chart, zone: str) -> Any:
    import altair as alt

    data = _data(chart.rows, ("day", "is_complete", "queries", "success"))
    counts = (
        alt.Chart(data)
        .mark_bar(color=GREY)
        .encode(
            x=_days(zone, titled=False),
            y=alt.Y("queries:Q", title="Queries"),
            opacity=_pale_if_unfinished(),
        )
        .properties(width=_WIDTH, height=_HEIGHT * 0.6)
    )
    rates = alt.Chart(data).encode(
        x=_days(zone),
        y=alt.Y(
            "success:Q",
            title="Successful",
            axis=alt.Axis(format=".0%"),
            scale=alt.Scale(zero=False),
        ),
    )
    line = _line(rates, color=GREEN, point={"color": GREEN, "size": 25})
    lines = line + _unfinished(rates, color=GREEN) + _target(chart)
    return _finished(alt.vconcat(counts, lines.properties(width=_WIDTH, height=_HEIGHT * 0.7)))


def _latency(chart: Chart, zone: str) -> Any:
    import altair as alt

    styles = {"p50": (BLUE, [1, 0]), "p95": (ORANGE, [6, 3]), "p99": (PURPLE, [2, 2])}
    long = [
        {
            "day": day.isoformat(),
            "is_complete": is_complete,
            "percentile": name,
            "seconds": float(value) / 1000,
        }
        for day, is_complete, *values in chart.rows
        for name, value in zip(styles, values, strict=True)
        if value is not None
    ]
    data = alt.Data(values=long)  # type: ignore[no-untyped-call]
    colours = alt.Scale(domain=list(styles), range=[colour for colour, _ in styles.values()])
    dashes = alt.Scale(domain=list(styles), range=[dash for _, dash in styles.values()])
    places = alt.Chart(data).encode(x=_days(zone), y=alt.Y("seconds:Q", title="Seconds"))
    # Of the lines: by itself the legend takes after the pale points.
    legend = alt.Legend(symbolType="stroke", symbolOpacity=1)
    percentiles = places.encode(
        color=alt.Color("percentile:N", scale=colours, title=None, legend=legend)
    )
    dash = alt.StrokeDash("percentile:N", scale=dashes, title=None, legend=legend)
    lines = _line(percentiles.encode(strokeDash=dash)) + _unfinished(percentiles)
    return _finished(lines + _target(chart, 1000))


_KINDS: dict[str, Callable[[Chart, str], Any]] = {"cost": _cost, "demand": _demand, "latency": _latency}


def _data(rows: Sequence[Row], names: Sequence[str]) -> Any:
    import altair as alt

    return alt.Data(  # type: ignore[no-untyped-call]
        values=[
            {
                name: value.isoformat()
                if name == "day"
                else value
                if isinstance(value, bool | None)
                else float(value)
                for name, value in zip(names, row, strict=True)
            }
            for row in rows
        ]
    )


def _days(zone: str, *, titled: bool = True) -> Any:
    import altair as alt

    return alt.X(
        "day:T",
        timeUnit=alt.TimeUnitParams(unit="utcyearmonthdate", utc=True),
        title=f"Day ({zone})" if titled else None,
        axis=alt.Axis(
            format="%-d %b", labels=titled, grid=False, labelOverlap="greedy", labelSeparation=12
        ),
    )


def _pale_if_unfinished() -> Any:
    import altair as alt

    return alt.condition("datum.is_complete", alt.value(1), alt.value(_PALE))


def _line(chart: Any, **style: Any) -> Any:
    return chart.transform_filter("datum.is_complete").mark_line(strokeWidth=2, **style)


def _unfinished(chart: Any, **style: Any) -> Any:
    unfinished = chart.transform_filter("!datum.is_complete")
    return unfinished.mark_circle(size=40, opacity=_PALE, **style)


def _target(chart: Chart, unit: float = 1) -> Any:
    import altair as alt

    values = [{"target": (chart.target or 0) / unit, "says": "target"}]
    data = alt.Data(values=values)  # type: ignore[no-untyped-call]
    rule = alt.Chart(data).mark_rule(color=GREY, strokeDash=[3, 3]).encode(y="target:Q")
    text = (
        alt.Chart(data)
        .mark_text(align="left", dy=-5, color=GREY)
        .encode(x=alt.value(4), y="target:Q", text="says:N")
    )
    return rule + text


def _finished(chart: Any) -> Any:
    font = "Helvetica, Arial, sans-serif"
    if not hasattr(chart, "vconcat"):
        chart = chart.properties(width=_WIDTH, height=_HEIGHT)
    return (
        chart.configure(font=font)
        .configure_axis(
            labelColor=GREY,
            titleColor=GREY,
            titleFontWeight="normal",
            gridColor="#e5e7eb",
            domain=False,
        )
        .configure_view(stroke=None)
        .configure_legend(orient="top", labelColor=GREY)
    )
