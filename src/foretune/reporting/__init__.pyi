from .page import choose_first, render_page
from .section import Listing, ReportSection, ReportTable, State, Statement, Tone, Verdict
from .theme import lay_out, set_height
from .versions import list_versions, write_settings

__all__ = [
    "Listing", "ReportSection", "ReportTable", "State", "Statement", "Tone", "Verdict", "choose_first",
    "lay_out", "list_versions", "render_page", "set_height", "write_settings"
]
