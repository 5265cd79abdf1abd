#!/usr/bin/env python3
"""links.py ROOT: every link, path and file name in the documentation leads to something that is there.

Checked are the links of Markdown pages, which are relative to the page, and among words in code style those that begin with
a folder of the repository, or name a source file. A word with two capitals in a row stands for any name, and is not checked.
"""
import pathlib
import re
import sys

FOLDERS = ("docs", "fuzz", "include", "sim", "src", "tests")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"(?:%s)/[A-Za-z0-9_./+-]+" % "|".join(FOLDERS))
SOURCE = re.compile(r"[a-z0-9_]+\.(?:c|h|py|cmake)")
ANY_NAME = re.compile(r"[A-Z]{2}")


def missing_links(page, text):
    return [target for target in LINK.findall(text)
            if "://" not in target and not (page.parent / target).exists()]


def is_missing(root, names, word):
    if ANY_NAME.search(word):
        return False
    if PATH.fullmatch(word):
        return not (root / word).exists()
    return bool(SOURCE.fullmatch(word)) and word not in names


def main(root):
    names = {path.name for folder in FOLDERS for path in (root / folder).rglob("*")}
    pages = [*root.glob("*.md"), *(root / "docs").rglob("*.md")]
    broken = 0
    for page in sorted(pages):
        text = page.read_text(encoding="utf-8")
        words = [word for code in CODE.findall(text) for word in re.split(r"[\s,:;()]+", code)]
        missing = missing_links(page, text) + [word for word in words if is_missing(root, names, word)]
        for name in missing:
            print(f"{page.relative_to(root)}: {name} is not there")
        broken += len(missing)
    print(f"{len(pages)} pages, {broken} broken")
    return 1 if broken or not pages else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
