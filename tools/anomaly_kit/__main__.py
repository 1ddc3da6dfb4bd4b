"""`python -m tools.anomaly_kit`: write the kit's schemas and samples again."""

from tools.anomaly_kit.written import KIT, generated, text
from tools.local_stack.emulator import ROOT


def main() -> None:
    """Write every file, and remove the samples of rules that no longer exist."""
    files = generated()
    for path, content in files.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text(content), encoding="utf-8")
    for path in (KIT / "exemples").iterdir():
        if path not in files:
            path.unlink()
    print(f"  {KIT.relative_to(ROOT)} : {len(files)} fichiers écrits")


if __name__ == "__main__":
    main()
