"""Some of very many texts."""

from keras_seq.data import IdLists
from keras_seq.pretraining import evenly_spread, stride

TEXTS = [[1] * length for length in range(1, 40)]


def test_few_texts_are_all_taken():
    assert evenly_spread(TEXTS) == TEXTS and stride(TEXTS, sum(map(len, TEXTS))) == 1


def test_of_many_as_many_as_there_is_room_for_from_all_over_them():
    for lists in (TEXTS, IdLists(TEXTS)):
        some = [list(each) for each in evenly_spread(lists, 200)]
        assert some == TEXTS[::4] and abs(sum(map(len, some)) - 200) < 20
