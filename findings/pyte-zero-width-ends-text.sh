#!/usr/bin/env bash
# pyte 0.8.2: a zero-width joiner, or a vowel sign of Hindi, hides the text after it.
#
# Expected: "zero-width and unprintable characters do not affect screen state" (the documentation of Screen.draw). The
# text after such a character is shown, with or without the character.
# Seen: the rest of the text is dropped, up to the next control character or escape sequence. Marks that have a canonical
# combining class, such as U+0301, are added to the character before them; all other characters of width 0 end
# the text: U+200B, U+200D in emoji, U+FE0F, and vowel signs of Hindi, Thai and Tamil, which have class 0.
#
# Needs Python 3 with venv.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyte==0.8.2 wcwidth==0.9.4
seen=$("$work/venv/bin/python" - <<'END'
import pyte

for text in ["cafe\u0301 open", "hello\u200bworld", "\u2764\ufe0f love", "\u0915\u0941\u091b text", "\u0e17\u0e35\u0e48 text"]:
    screen = pyte.Screen(40, 2)
    pyte.Stream(screen).feed(text + "\r\nnext line")
    print(ascii(text), *(ascii(line.rstrip()) for line in screen.display))
END
)
echo "$seen"
expected="'cafe\u0301 open' 'caf\xe9 open' 'next line'
'hello\u200bworld' 'hello' 'next line'
'\u2764\ufe0f love' '\u2764' 'next line'
'\u0915\u0941\u091b text' '\u0915' 'next line'
'\u0e17\u0e35\u0e48 text' '\u0e17' 'next line'"
[[ $seen == "$expected" ]] || { echo "this has changed" >&2 && exit 1; }
