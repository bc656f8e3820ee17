"""Follow-up: a register of obligations with status and evidence, what is due when, and the report on implementation."""

from kyoto.cooperation.mandates.followup.calendar import Calendar, Session, read_calendar, session_of
from kyoto.cooperation.mandates.followup.dashboard import Dashboard, build_dashboard, calendar_for
from kyoto.cooperation.mandates.followup.database import DatabaseStore, opened_store, register_of
from kyoto.cooperation.mandates.followup.register import (
    STATES,
    STATUSES,
    Entry,
    Register,
    add_obligations,
    change,
    set_session,
)
from kyoto.cooperation.mandates.followup.store import FileStore, Store
from kyoto.cooperation.mandates.followup.views import DueEntry, due_entries, without_report

__all__ = [
    "STATES",
    "STATUSES",
    "Calendar",
    "Dashboard",
    "DatabaseStore",
    "DueEntry",
    "Entry",
    "FileStore",
    "Register",
    "Session",
    "Store",
    "add_obligations",
    "build_dashboard",
    "calendar_for",
    "change",
    "due_entries",
    "opened_store",
    "read_calendar",
    "register_of",
    "session_of",
    "set_session",
    "without_report",
]
