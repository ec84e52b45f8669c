"""Which of the files that were handed in is the write-up."""

import pytest

from grader import writeup

FILES = {
    "answers.tex": r"\input{parts/costs}",
    "parts/costs.tex": "2n",
    "solution.md": "2n",
    "README.md": "2n",
    "notes/readme.md": "2n",
    "drafts/homework.md": "2n",
    "hw3.md": "2n",
    "other.md": "2n",
    "picture.png": "",
}


@pytest.mark.parametrize(
    ("names", "main"),
    [
        ("solution.md", ["solution.md"]),
        ("solution.md README.md", ["solution.md"]),
        ("solution.md README.md notes/readme.md", ["solution.md"]),
        ("solution.md other.md", ["solution.md", "other.md"]),
        ("solution.md hw3.md", ["hw3.md"]),
        ("hw3.md drafts/homework.md", ["hw3.md"]),
        ("solution.md drafts/homework.md", ["drafts/homework.md"]),
        ("answers.tex parts/costs.tex", ["answers.tex"]),
        ("answers.tex hw3.md", ["answers.tex", "hw3.md"]),
        ("README.md picture.png", ["README.md"]),
        ("picture.png", []),
    ],
)
def test_the_write_up_is_the_file_that_is_named_for_it_or_takes_in_the_others(names, main):
    files = {name: FILES[name] for name in names.split()}
    assert list(writeup.main_files(files, alone=True)) == main


def test_a_readme_beside_answers_is_none():
    assert writeup.main_files({"README.md": "2n"}, alone=False) == ()
