"""Which subjects differ between a revision of the project and the working tree."""

import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from tools.mutation.subjects import Subject

ROOT = Path(__file__).parents[2]


def changed_subjects(subjects: Iterable[Subject], old_text: Callable[[str], str | None]) -> list[Subject]:
    """The subjects that differ from an older version, comments and layout aside.

    Args:
        subjects: The subjects of the working tree.
        old_text: The old text of a file, by its path from the root of the project; None where there was none.

    """
    return [one for one in subjects if _changed(one, old_text(one.path))]


def commit_of(revision: str, root: Path = ROOT) -> str | None:
    """The full hash of a revision; None without git, outside a repository, or when there is no such revision."""
    return _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")


def text_at(commit: str, path: str, root: Path = ROOT) -> str | None:
    """The text of a file in a commit; None when it is not there."""
    return _git(root, "show", f"{commit}:./{path}")


def _changed(subject: Subject, old: str | None) -> bool:
    if old is None:
        return True
    return subject.text_in(old) != subject.text_in((ROOT / subject.path).read_text(encoding="utf-8"))


def _git(root: Path, *arguments: str) -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    done = subprocess.run([git, *arguments], cwd=root, capture_output=True, text=True, check=False)  # git itself
    return done.stdout.rstrip("\n") if done.returncode == 0 else None
