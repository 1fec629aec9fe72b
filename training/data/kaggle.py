"""Download FER2013 from Kaggle, for those who have an account there."""

import os
from importlib import import_module
from pathlib import Path

from device.contract.errors import ConfigError, FetchError

DATASET = "deadskull7/fer2013"
CSV = "fer2013.csv"


def download(folder: Path, dataset: str = DATASET) -> Path:
    """Bring `fer2013.csv` of a Kaggle data set into `folder`, unless it is there, and return its path.

    Raises:
        ConfigError: no credentials, or the `kaggle` package is missing.
        FetchError: Kaggle refuses, or the data set holds no such file.
    """
    if (folder / CSV).is_file():
        return folder / CSV
    if not _has_credentials():
        raise ConfigError(
            "No Kaggle credentials: put the kaggle.json of your Kaggle account into ~/.kaggle, or set KAGGLE_USERNAME "
            "and KAGGLE_KEY; or download fer2013.csv with a browser and give it with --csv."
        )
    try:
        client = import_module("kaggle.api.kaggle_api_extended").KaggleApi()
    except ImportError as error:
        raise ConfigError("The Kaggle client is missing: pip install 'affectbox[kaggle]', or give --csv.") from error
    folder.mkdir(parents=True, exist_ok=True)
    try:
        client.authenticate()
        client.dataset_download_files(dataset, path=str(folder), unzip=True, quiet=False)
    except (Exception, SystemExit) as error:  # the client raises what its HTTP library does, and exits without a key
        raise FetchError(f"Kaggle did not give {dataset} ({error}): try again, or give --csv.") from error
    if not (folder / CSV).is_file():
        raise FetchError(f"Kaggle's data set {dataset} holds no {CSV}: name another, or give --csv.")
    return folder / CSV


def _has_credentials() -> bool:
    home = Path(os.environ.get("KAGGLE_CONFIG_DIR") or Path.home() / ".kaggle")
    named = os.environ.get("KAGGLE_API_TOKEN") or (os.environ.get("KAGGLE_USERNAME") and os.environ.get("KAGGLE_KEY"))
    return bool(named) or any((home / name).is_file() for name in ("kaggle.json", "access_token"))
