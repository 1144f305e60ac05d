"""Pages that the site has beside the Markdown files of this folder: API reference, gallery, changelog.

They are made of what is there already: the API pages of the table in public-names.md, the gallery of the
notebooks. Links that lead out of this folder are turned to these pages.
"""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from nbconvert import MarkdownExporter
from traitlets.config import Config

ROOT = Path(__file__).parents[2]
# What `make gallery` has executed
EXECUTED = ROOT / "build/notebooks"
PUBLIC_NAMES = "public-names.md"
FROM_THE_ROOT = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}
PLOTLY = "assets/plotly.min.js"
FIGURE = 'class="figure"'
WITHOUT_RESULTS = """!!! note "Without results"
    `make gallery` runs the notebooks; after it `make docs` shows what they print."""
PLOTLY_TYPE = "application/vnd.plotly.v1+json"
# Results of a cell are HTML: what Markdown would make of them is not meant. A blank line would end the HTML.
TEMPLATE = """{% extends 'markdown/index.md.j2' %}
{% block data_html %}

<div class="output">{{ output.data['text/html'] | without_blank_lines }}</div>

{% endblock data_html %}
{% block data_other %}

{{ output.data['application/vnd.plotly.v1+json'] | figure }}

{% endblock data_other %}
"""


@dataclass(frozen=True)
class Made:
    """A page that is made: its path in the site, title and Markdown; ``origin`` is the file that it shows."""

    path: str
    title: str
    text: str
    origin: str = ""


NO_MEMBERS = "\n    options:\n      members: false"


def public_names(text: str) -> dict[str, list[str]]:
    """Read the names of each package off the table of public names, in its order."""
    names: dict[str, list[str]] = {}
    for package, listed in re.findall(r"^\| `([\w.]+)` \| (.+?) \|", text, re.MULTILINE):
        names.setdefault(package, []).extend(re.findall(r"`(\w+)`", listed))
    return names


def api_pages(text: str) -> list[Made]:
    """Make an overview, and a page for each package that documents its public names from the docstrings."""
    names = public_names(text)
    rows = [
        f"| [`{package}`]({package}.md) | {', '.join(f'[`{name}`][{package}.{name}]' for name in listed)} |"
        for package, listed in names.items()
    ]
    overview = "\n".join(
        [
            "# API\n",
            "The [public names](../public-names.md), as their docstrings describe them.\n",
            "| package | names |",
            "|---|---|",
            *rows,
        ]
    )
    pages = [Made("api/index.md", "API", overview)]
    for package, listed in names.items():
        # A package among the names has a page of its own for what is in it
        blocks = "\n\n".join(
            f"::: {package}.{name}" + (NO_MEMBERS if f"{package}.{name}" in names else "") for name in listed
        )
        pages.append(Made(f"api/{package}.md", package, f"# {package}\n\n{blocks}\n"))
    return pages


def gallery_pages(folder: Path, executed: Path) -> list[Made]:
    """Make an overview and a page for each notebook, with results where those of its present cells exist."""
    notebooks = []
    for path in sorted(folder.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        done = executed_like(notebook, executed / path.name)
        title, text = _title_and_text(done or notebook)
        if done is None:
            text = f"{WITHOUT_RESULTS}\n\n{text}"
        text = f"# {title}\n\nThis is `notebooks/{path.name}`.\n\n{text}"
        notebooks.append(Made(f"gallery/{path.stem}.md", title, text, f"notebooks/{path.name}"))
    # The one that a newcomer opens first
    notebooks.sort(key=lambda one: (one.title != "Quickstart", one.title))
    rows = [f"- [{one.title}]({posixpath.basename(one.path)})" for one in notebooks]
    overview = (
        "# Gallery\n\nThe notebooks of the folder `notebooks`, to read here and to run there.\n\n"
        + "\n".join(rows)
    )
    return [Made("gallery/index.md", "Gallery", overview), *notebooks]


def executed_like(notebook: Any, path: Path) -> Any | None:
    """Return the notebook at the path if it has the same cells: results of others would be wrong ones."""
    if not path.is_file():
        return None
    done = nbformat.read(path, as_version=4)
    same = [(cell.cell_type, cell.source) for cell in done.cells] == [
        (cell.cell_type, cell.source) for cell in notebook.cells
    ]
    return done if same else None


def _title_and_text(notebook: Any) -> tuple[str, str]:
    config = Config()
    # Pictures within the page
    config.ExtractOutputPreprocessor.enabled = False
    config.NbConvertBase.display_data_priority = [PLOTLY_TYPE, "text/html", "image/png", "text/plain"]
    exporter = MarkdownExporter(config=config, raw_template=TEMPLATE)
    exporter.register_filter("figure", _figure)
    exporter.register_filter("without_blank_lines", lambda text: re.sub(r"\n\s*\n", "\n", text.strip()))
    text, _ = exporter.from_notebook_node(notebook)
    title, _, rest = text.strip().partition("\n")
    return title.removeprefix("# "), rest.strip()


def _figure(figure: Any) -> str:
    """Write a figure of Plotly as data, which assets/figures.js draws."""
    drawn = {name: figure[name] for name in ("data", "layout") if name in figure}
    # A line of its own without blank lines is left alone by Markdown
    data = json.dumps(drawn).replace("</", "<\\/")
    return f'<div {FIGURE}><script type="application/json">{data}</script></div>'


def root_pages() -> list[Made]:
    """Make pages of the documents that stand beside the README."""
    pages = []
    for name, path in FROM_THE_ROOT.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        title = text.partition("\n")[0].removeprefix("# ")
        pages.append(Made(path, title, text, name))
    return pages


def made_pages() -> list[Made]:
    """Make all pages that are no file of this folder."""
    names = (ROOT / "docs" / PUBLIC_NAMES).read_text(encoding="utf-8")
    return [*api_pages(names), *gallery_pages(ROOT / "notebooks", EXECUTED), *root_pages()]


_made: dict[str, Made] = {}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Make the pages, and fill in the entries of the navigation that end with a slash."""
    _made.clear()
    _made.update((page.path, page) for page in made_pages())
    config.nav = _filled(config.nav)
    return config


def _filled(entry: Any) -> Any:
    if isinstance(entry, list):
        return [_filled(one) for one in entry]
    if isinstance(entry, dict):
        return {title: _filled(one) for title, one in entry.items()}
    if isinstance(entry, str) and entry.endswith("/"):
        below = [page for page in _made.values() if page.path.startswith(entry)]
        # Without a title the first is the page of the section itself
        return [below[0].path, *({page.title: page.path} for page in below[1:])]
    return entry


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, and what draws figures."""
    for page in _made.values():
        files.append(File.generated(config, page.path, content=page.text))
    if any(FIGURE in page.text for page in _made.values()):
        library = Path(_folder_of("plotly")) / "package_data/plotly.min.js"
        files.append(File.generated(config, PLOTLY, abs_src_path=str(library)))
    return files


def _folder_of(package: str) -> str:
    spec = find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations
    return next(iter(spec.submodule_search_locations))


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links that lead out of the folder, link public names, and give glossary terms an anchor."""
    path = page.file.src_uri
    origin = _made[path].origin if path in _made else f"docs/{path}"
    if path == PUBLIC_NAMES:
        markdown = linked_names(markdown)
    if path == "glossary.md":
        markdown = re.sub(r"^\*\*(.+?)\*\*", _with_anchor, markdown, flags=re.MULTILINE)
    return turned_links(markdown, origin, path) if origin else markdown


def linked_names(text: str) -> str:
    """Link the names of the table to their places on the API pages."""

    def linked(row: re.Match[str]) -> str:
        package, listed = row.groups()
        names = re.sub(r"`(\w+)`", rf"[`\1`][{package}.\1]", listed)
        return f"| `{package}` | {names} |"

    return re.sub(r"^\| `([\w.]+)` \| (.+?) \|", linked, text, flags=re.MULTILINE)


def _with_anchor(term: re.Match[str]) -> str:
    anchor = re.sub(r"[^a-z]+", "-", term[1].lower())
    return f"{term[0]}{{ #term-{anchor} }}"


def turned_links(text: str, origin: str, path: str) -> str:
    """Turn the relative links of a file of the project to the pages that show what they lead to.

    Parameters
    ----------
    text : str
        Markdown of the file.
    origin : str
        Path of the file in the project.
    path : str
        Path of its page in the site.

    Returns
    -------
    str
        Markdown of the page. What the project has and the site has not, such as a file of parameters, is
        named without a link; what is nowhere stays as it is, for MkDocs to complain about.
    """
    shown = {page.origin: page.path for page in _made.values() if page.origin}

    def turned(link: re.Match[str]) -> str:
        label, target = link.groups()
        if "://" in target or target.startswith(("#", "mailto:")):
            return link[0]
        target, hash_, anchor = target.partition("#")
        leads_to = posixpath.normpath(posixpath.join(posixpath.dirname(origin), target))
        if leads_to in shown:
            page = shown[leads_to]
        elif leads_to.startswith("docs/"):
            page = leads_to.removeprefix("docs/")
        elif leads_to == "notebooks":
            page = "gallery/index.md"
        elif (ROOT / leads_to).exists():
            return label
        else:
            return link[0]
        return f"[{label}]({posixpath.relpath(page, posixpath.dirname(path) or '.')}{hash_}{anchor})"

    # Neither pictures nor code: what looks like a link in a block is none
    parts = re.split(r"(^ *```.*?^ *```)", text, flags=re.MULTILINE | re.DOTALL)
    parts[::2] = [re.sub(r"(?<!!)\[([^\[\]]+)\]\(([^()\s]+)\)", turned, part) for part in parts[::2]]
    return "".join(parts)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Load what draws figures on the pages that have one."""
    if FIGURE not in output:
        return output
    here = posixpath.dirname(page.file.dest_uri)
    scripts = (PLOTLY, "assets/figures.js")
    tags = "".join(f'<script src="{posixpath.relpath(script, here)}"></script>' for script in scripts)
    return output.replace("</body>", f"{tags}</body>")
