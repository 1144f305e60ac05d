from __future__ import annotations

import click
import pytest

from foretune.base import UserError
from foretune.commands.errors import one_line_errors


@pytest.mark.parametrize("kind", [UserError, ValueError, FileNotFoundError])
def test_what_a_user_can_mend_ends_the_command_with_its_message(kind: type[Exception]) -> None:
    with pytest.raises(click.ClickException, match="the name is wrong"), one_line_errors():
        raise kind("the name is wrong")


def test_a_fault_of_the_program_keeps_its_traceback() -> None:
    with pytest.raises(KeyError), one_line_errors():
        raise KeyError("score")
