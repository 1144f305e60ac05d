import io

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from foretune.tasks.task_source import TASK_SOURCE_COLUMNS, TaskSource

VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)


@given(
    options=st.dictionaries(st.text(max_size=5), VALUES, max_size=3),
    drop_columns=st.lists(st.text(max_size=5), max_size=3),
    task_type=st.sampled_from(["classification", "regression", None]),
)
def test_record_round_trip(
    options: dict[str, object], drop_columns: list[str], task_type: str | None
) -> None:
    source = TaskSource(
        task_id="mine",
        source="user",
        location="mine.csv",
        target="y",
        task_type=task_type,
        family="mine",
        options=options,
        drop_columns=tuple(drop_columns),
    )
    record = source.to_record()
    assert tuple(record) == TASK_SOURCE_COLUMNS
    assert TaskSource.from_record(record) == source


def test_texts_that_a_csv_file_lost_come_back_empty() -> None:
    source = TaskSource("mine", "user", "mine.csv", "", None, "", problem="not declared")
    table = pd.read_csv(io.StringIO(pd.DataFrame([source.to_record()]).to_csv(index=False)))
    assert table["target"].isna().all()
    record = {str(name): value for name, value in table.iloc[0].items()}
    assert TaskSource.from_record(record) == source
