from .column_names import head_column
from .glossary import read_glossary
from .page import choose_first, render_page
from .preview import preview_figure
from .section import Decision, Fact, Listing, ReportSection, ReportTable, State, Statement, Tone, Verdict
from .theme import FOLDED, lay_out, reuse_figure, set_height
from .versions import list_versions, write_settings

__all__ = [
    "FOLDED", "Decision", "Fact", "Listing", "ReportSection", "ReportTable", "State", "Statement", "Tone",
    "Verdict", "choose_first", "head_column", "lay_out", "list_versions", "preview_figure", "read_glossary", "render_page",
    "reuse_figure", "set_height", "write_settings"
]
