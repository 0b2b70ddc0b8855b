"""Builds what people look at: the session's statistics, the attached screen, the web page.

Nothing here is needed to read faces, so each part is imported where it is wanted alone.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from device import __version__
from device.config import Settings
from device.costs import Costs
from device.language import chosen_language
from device.model import Model
from device.sinks.base import Sink
from device.sources.base import Source
from device.stop import Stop

if TYPE_CHECKING:
    from device.sessions import Sessions
    from device.sinks.screen import Panel
    from device.sinks.web import Web
    from device.veil import Veil


# So long a face is hidden that is found no more.
_HOLD_S = 2.0
# What the screen shows of a password that was made up.
_PASSWORD = {"en": "Password: {}", "fr": "Mot de passe\u00a0: {}"}


def open_screen_panel(settings: Settings, *, recording: bool) -> Panel | None:
    """Return what the attached screen is drawn on; None where there is none.

    recording: whether a film is read that the user named: nobody need look on.

    Raises SinkError where ``settings`` ask for a screen that is not there.
    """
    if settings.screen == "off" or (settings.screen == "auto" and recording):
        return None
    from device.sinks.screen import open_panel

    return open_panel(settings.screen, settings.panel)


def open_onlookers(
    settings: Settings,
    source: Source,
    model: Model,
    costs: Costs,
    panel: Panel | None,
    stop: Stop,
    parts: ExitStack,
) -> list[Sink]:
    """Open what keeps the session's statistics, and what shows them.

    panel: what the screen is drawn on, if there is one.
    parts: what closes them all.

    Raises SinkError where the folder of what is remembered cannot be used.
    """
    from device.sinks.statistics import Statistics

    sessions = parts.enter_context(open_sessions(settings, model.labels))
    sinks: list[Sink] = [Statistics(sessions)]
    web = None
    if settings.web:
        web = parts.enter_context(open_web(settings, sessions, source, model, costs))
        sinks.append(web)
    if settings.mqtt.enabled:
        from device.sinks.mqtt import About, Mqtt

        about = About(__version__, model.labels, model.id)
        sinks.append(parts.enter_context(Mqtt(settings.mqtt, sessions, about)))
    if panel is not None:
        from device.sinks.screen import Screen

        language = chosen_language(settings.language)
        screen = Screen(panel, sessions, settings.panel, language, leave=stop.set)
        sinks.append(parts.enter_context(screen))
        if web is not None and web.password:
            screen.notice([web.url, _PASSWORD[language].format(web.password)])
    return sinks


def open_veil(settings: Settings, source: Source, costs: Costs) -> Veil | None:
    """Return what hides a part of each picture of ``source``; None where nothing is hidden.

    Where the network that marks faces cannot be used it says so, and ovals take its place.

    Raises ConfigError where faces are to be hidden and OpenCV has no cascades to find them.
    """
    if not settings.picture.hides:
        return None
    from device.veil import Search, Veil, open_marker

    # A picture of its own says nothing of the next.
    hold_s = _HOLD_S if source.continuous else 0.0
    return Veil(
        settings.picture,
        open_marker(settings) if settings.picture.background != "show" else None,
        Search(settings.faces, hold_s=hold_s) if settings.picture.faces == "blur" else None,
        costs,
        hold_s=hold_s,
    )


def open_sessions(settings: Settings, labels: list[str]) -> Sessions:
    """Begin a session, behind those that the history knows."""
    from device.history import History
    from device.sessions import Sessions

    kept = settings.history
    history = History(settings.history_path, keep_days=kept.keep_days, max_bytes=kept.max_bytes)
    # Who looks seldom is not away in between.
    look_s = 1 / max(settings.look_hz, settings.rate_hz)
    return Sessions(labels, history, gap_s=max(2.0, 1.5 * look_s))


def open_web(
    settings: Settings,
    sessions: Sessions,
    source: Source,
    model: Model,
    costs: Costs,
) -> Web:
    """Start the web page."""
    from device.sinks.web import About, Web

    card: dict[str, Any] = msgspec.to_builtins(model.card)
    del card["self_test"]  # numbers for a machine
    about = About(
        version=__version__,
        source=source.name,
        live=source.live,
        model_id=model.id,
        card=card,
        log=Path(settings.log) if settings.log else None,
    )
    state = Path(settings.state) if settings.state else None
    return Web(settings.page, sessions, costs, about, state=state)
