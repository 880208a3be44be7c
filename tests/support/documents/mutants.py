"""Archives that nobody has foreseen: LinkedIn's, with a few things changed at random in names, texts and bytes."""

import random
from collections.abc import Iterator

from tests.support.documents.archives import LINKEDIN, zipped

# What is put into a text, or stands in the place of a letter.
PIECES = (
    *(
        '"',
        '""',
        '" ',
        ' "',
        '"\n',
        ",",
        ";",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        " ",
        "\0",
        "\ufeff",
        "\u202e",
        "\u0300",
    ),
    *(
        "Name",
        "Title",
        "Started On",
        "Company Name",
        "Vorname",
        "Nachname",
        "Associated With",
        "http://",
        "[",
        "]",
        ":",
    ),
    *("2019", "Mar 2019", "3/4/20", "Dez. 2019", "31 Feb 2020", "x" * 300, "é" * 120, "\u0301" * 40, "🎂", "会社名"),
)
NAMES = ("Kurse.csv", "Positions.csv", "a/Skills.csv", "Berufserfahrung.csv", "Profile.CSV", "x.csv", ".csv", "Courses")
MORE = {
    "Courses.csv": "Name,Number,Associated With\nStatistics,M1,University of Gullhaven\nRowing,,\n",
    "Organizations.csv": "Name,Position,Started On,Finished On,Description\nClub,Treasurer,Mar 2014,,Books.\n",
    "Honours.csv": "Title,Description,Issuer,Issue Date\nBest cake,Baked,Harbour fair,Aug 2018\n",
    "Sprachen.csv": "Name;Proficiency\nDanish;Native\n",
}


def archives(count: int, seed: int) -> Iterator[bytes]:
    """So many archives, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311  # archives, not secrets
    originals = {path.relative_to(LINKEDIN).as_posix(): path.read_text("utf-8") for path in LINKEDIN.rglob("*.csv")}
    for _ in range(count):
        files = dict(chance.sample(sorted({**originals, **MORE}.items()), chance.randint(1, 8)))
        if chance.random() < 0.9:
            files["Profile.csv"] = originals["Profile.csv"]
        for name in chance.sample(sorted(files), chance.randint(0, len(files))):
            files[name] = _changed(files[name], chance)
        if chance.random() < 0.2:
            files[chance.choice(NAMES)] = files.pop(chance.choice(sorted(files)))
        made = zipped({name: text.encode("utf-8", "replace") for name, text in files.items()})
        yield _cut(made, chance) if chance.random() < 0.1 else made


def _changed(text: str, chance: random.Random) -> str:
    """The text with up to four of its letters, or up to two of its lines, in another form."""
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(text) + 1)
        length = chance.choice((0, 0, 1, 1, 5, 40))
        text = text[:place] + chance.choice((*PIECES, "")) + text[place + length :]
    way = chance.random()
    if way < 0.1:
        return text.replace(",", chance.choice(";\t"))
    if way < 0.2:
        lines = text.splitlines(keepends=True)
        chance.shuffle(lines)
        return "".join(lines)
    return text


def _cut(data: bytes, chance: random.Random) -> bytes:
    """The bytes with one of them changed, or without their end."""
    place = chance.randrange(len(data))
    return data[:place] + (bytes([chance.randrange(256)]) + data[place + 1 :] if chance.random() < 0.7 else b"")
