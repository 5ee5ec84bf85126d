"""All words of a report, one file a language."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ...instances.errors import InputError
from ...instances.hints import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Texts:
    """A language's words by key.

    Parameters
    ----------
    language
        ``en`` or ``zh``.
    entries
        Texts with places for values in braces.

    Examples
    --------
    >>> texts_of("en")("unit.people")
    'people'
    """

    language: str
    entries: Mapping[str, str]

    def __call__(self, key: str, /, **values: Any) -> str:
        """Return a text with its values put in."""
        return self.entries[key].format(**values)

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def sentence(self, text: str) -> str:
        """Begin a text with a capital letter and end it with a stop.

        Examples
        --------
        >>> texts_of("en").sentence("nobody changes")
        'Nobody changes.'
        """
        return text[:1].upper() + text[1:] + self("list.stop")

    def listed(self, parts: list[str]) -> str:
        """Join parts into a list as the language writes it.

        Examples
        --------
        >>> texts_of("en").listed(["a", "b", "c"])
        'a, b and c'
        """
        if len(parts) < 2:
            return "".join(parts)
        return self("list.comma").join(parts[:-1]) + self("list.and") + parts[-1]


def texts_of(language: str) -> Texts:
    """Read a language's texts.

    Raises
    ------
    InputError
        For a language that there is none for.

    Examples
    --------
    >>> texts_of("zh").language
    'zh'
    """
    if language not in LANGUAGES:
        raise InputError(f"there is no report in {language!r}; {nearest(language, LANGUAGES)}")
    content = files(__package__).joinpath(f"{language}.toml").read_text(encoding="utf-8")
    return Texts(language, dict(_flat(tomllib.loads(content), "")))


def _flat(table: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    entries: list[tuple[str, str]] = []
    for name, value in table.items():
        if isinstance(value, dict):
            entries += _flat(value, f"{prefix}{name}.")
        else:
            entries.append((prefix + name, str(value)))
    return entries
