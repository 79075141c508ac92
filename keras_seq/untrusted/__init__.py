"""Files that a stranger may have made: looked at before anything else reads them. Plain Python.

Each of these refuses by an InputError, or gives what is sound. What a file holds is never run.
"""

from keras_seq.untrusted.archive import check_archive
from keras_seq.untrusted.folder import check_folder
from keras_seq.untrusted.plain_json import parse_json
from keras_seq.untrusted.plain_yaml import parse_yaml
from keras_seq.untrusted.refusing import refusing

__all__ = ["check_archive", "check_folder", "parse_json", "parse_yaml", "refusing"]
