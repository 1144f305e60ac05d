"""The pages that are made: API, gallery, and what stands beside the README."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from tests.test_public_names import PUBLIC

from hooks import pages

PROJECT = Path(__file__).parents[2]
NAMES = (PROJECT / "docs/public-names.md").read_text(encoding="utf-8")


def _notebook(*results: dict[str, Any]) -> Any:
    made: Any = nbformat.v4
    cells = [made.new_markdown_cell("# A title\n\nSome text."), made.new_code_cell("1 + 1")]
    cells[1].outputs = [made.new_output("execute_result", data=data) for data in results]
    return made.new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})


def _write(notebook: Any, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]


def test_the_api_has_all_public_names_and_no_other() -> None:
    overview, *packages = pages.api_pages(NAMES)
    listed = [
        line.removeprefix("::: ") for page in packages for line in page.text.splitlines() if ":::" in line
    ]
    assert sorted(listed) == sorted(f"{package}.{name}" for package, name in PUBLIC)
    assert all(f"][{one}]" in overview.text for one in listed)
    assert [page.path for page in packages] == [f"api/{package}.md" for package in pages.public_names(NAMES)]


def test_names_of_the_table_lead_to_the_api() -> None:
    linked = pages.linked_names("| `foretune` | `Guard`, `load_memory` | `read` it |")
    assert (
        linked
        == "| `foretune` | [`Guard`][foretune.Guard], [`load_memory`][foretune.load_memory] | `read` it |"
    )


def test_the_gallery_shows_results_of_the_same_cells_only(tmp_path: Path) -> None:
    _write(_notebook(), tmp_path / "n.ipynb")
    (page,) = pages.gallery_pages(tmp_path, tmp_path / "done")[1:]
    assert "make gallery" in page.text
    done = _notebook({"text/html": "<table>\n\n<tr></tr></table>", "text/plain": "plain"})
    _write(done, tmp_path / "done/n.ipynb")
    (page,) = pages.gallery_pages(tmp_path, tmp_path / "done")[1:]
    assert page.title == "A title"
    assert page.text.startswith("# A title\n")
    assert '<div class="output"><table>\n<tr></tr></table></div>' in page.text
    assert "plain" not in page.text
    assert "make gallery" not in page.text
    done.cells[1].source = "1 + 2"
    _write(done, tmp_path / "done/n.ipynb")
    (page,) = pages.gallery_pages(tmp_path, tmp_path / "done")[1:]
    assert "make gallery" in page.text
    assert "<table>" not in page.text


def test_a_figure_is_data_that_ends_no_script(tmp_path: Path) -> None:
    figure = {"data": [{"name": "</script>"}], "layout": {}}
    notebook = _notebook({"application/vnd.plotly.v1+json": figure, "text/html": "<script src='x'></script>"})
    _write(notebook, tmp_path / "n.ipynb")
    _write(notebook, tmp_path / "done/n.ipynb")
    (page,) = pages.gallery_pages(tmp_path, tmp_path / "done")[1:]
    assert 'class="figure"' in page.text
    assert page.text.count("</script>") == 1
    assert "src='x'" not in page.text


def test_the_first_notebook_is_the_quickstart() -> None:
    made = pages.gallery_pages(PROJECT / "notebooks", PROJECT / "nowhere")
    assert [page.path for page in made[:2]] == ["gallery/index.md", "gallery/quickstart.md"]
    assert len(made) == 1 + len(list((PROJECT / "notebooks").glob("*.ipynb")))


@pytest.mark.parametrize(
    ("origin", "path", "link", "turned"),
    [
        ("docs/a.md", "a.md", "[x](tables.md#the-target)", "[x](tables.md#the-target)"),
        ("docs/a.md", "a.md", "[x](../CONTRIBUTING.md)", "[x](contributing.md)"),
        ("docs/a.md", "a.md", "[x](../notebooks/csv.ipynb)", "[x](gallery/csv.md)"),
        ("docs/a.md", "a.md", "[x](../notebooks)", "[x](gallery/index.md)"),
        ("CONTRIBUTING.md", "contributing.md", "[x](docs/method.md)", "[x](method.md)"),
        ("notebooks/csv.ipynb", "gallery/csv.md", "[x](../docs/csv.md)", "[x](../csv.md)"),
        # In the project, not in the site
        ("docs/a.md", "a.md", "[x](../conf/base/parameters_hpo.yml)", "x"),
        # Nowhere: MkDocs says so
        ("docs/a.md", "a.md", "[x](../nowhere.md)", "[x](../nowhere.md)"),
        ("docs/a.md", "a.md", "[x](https://a.org/../b)", "[x](https://a.org/../b)"),
        ("docs/a.md", "a.md", "[x](#here)", "[x](#here)"),
        ("docs/a.md", "a.md", "```\n[x](../CONTRIBUTING.md)\n```", "```\n[x](../CONTRIBUTING.md)\n```"),
    ],
)
def test_links_lead_to_the_page_of_the_file(
    origin: str, path: str, link: str, turned: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_made", {page.path: page for page in pages.made_pages()})
    assert pages.turned_links(link, origin, path) == turned
