"""The Hugging Face Hub: what it says of a repository's files, and their bytes.

Files come by plain HTTP: its ranges let an interrupted download go on, in the same run or in another, which neither
`hf_hub_download` of huggingface_hub 2.4 (it deletes what had arrived) nor hf_xet does.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import InputError, ModelError

_TRIES, _PAUSE = 3, 1.0
"""How often the hub is asked again without a new byte arriving, and seconds between."""
_PASSING = (408, 429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Remote:
    """A file of a repository. sha256 of its bytes, empty for a small file that the hub keeps in git; blob: git's sha1 of that."""

    path: str
    size: int
    sha256: str
    blob: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a repository at one revision; licence: as its card names it, empty where it does not."""

    repository: str
    revision: str
    licence: str
    files: tuple[Remote, ...]


class Hub:
    """The hub at HF_ENDPOINT (huggingface.co unless set), asked with HF_TOKEN where there is one; without telemetry.

    Its methods raise ModelError where the hub cannot be reached, refuses, or answers as no hub does.
    """

    def __init__(self) -> None:
        os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"  # read when huggingface_hub is imported
        import httpx2
        import huggingface_hub
        from huggingface_hub import constants, errors, utils

        self._httpx, self._errors = httpx2, errors
        self._hub, self._constants = huggingface_hub, constants
        self._utils: Any = utils
        self._headers = {**self._utils.build_hf_headers(library_name="rag"), "Accept-Encoding": "identity"}

    def listing(self, repository: str) -> Listing:
        """The files of the repository's main branch."""
        with self._mapped(repository):
            said = self._hub.HfApi(library_name="rag").model_info(
                repository, files_metadata=True, timeout=self._constants.HF_HUB_ETAG_TIMEOUT
            )
            files = tuple(
                Remote(file.rfilename, file.size or 0, file.lfs.sha256 if file.lfs else "", file.blob_id or "")
                for file in said.siblings or ()
            )
            licence = str(said.card_data.get("license") or "") if said.card_data else ""
            return Listing(repository, said.sha or "main", licence, files)

    def fetch(self, listing: Listing, file: Remote, partial: Path, progress: Callable[[int], None]) -> None:
        """Fills `partial` up to the file's bytes, from where it ends; what arrived stays there when this is interrupted.

        progress: told the bytes that are there. Raises OSError where they cannot be written.
        """
        url = self._hub.hf_hub_url(listing.repository, file.path, revision=listing.revision)
        partial.touch()
        failures, most = 0, partial.stat().st_size
        while partial.stat().st_size < file.size:
            trouble = "it was cut short"
            with self._mapped(listing.repository):
                try:
                    self._stream(url, partial, file.size, progress)
                except self._httpx.TransportError as e:
                    trouble = str(e) or type(e).__name__
                except self._errors.HfHubHTTPError as e:
                    if e.response.status_code not in _PASSING:
                        raise
                    trouble = f"it answered {e.response.status_code}"
            has = partial.stat().st_size
            failures, most = (0, has) if has > most else (failures + 1, most)
            if failures == _TRIES:
                raise ModelError(
                    f"the download of {file.path} from {self._constants.ENDPOINT} broke off: {trouble}; {has:,} of "
                    f"{file.size:,} bytes are kept: run the command again to go on"
                )
            if has < file.size:
                time.sleep(_PAUSE)

    def _stream(self, url: str, partial: Path, size: int, progress: Callable[[int], None]) -> None:
        """Appends the rest of the file to `partial`, or writes it anew where the server sends it from the beginning."""
        had = partial.stat().st_size
        headers = {**self._headers, **({"Range": f"bytes={had}-"} if had else {})}
        timeout = self._constants.HF_HUB_DOWNLOAD_TIMEOUT
        with self._hub.get_session().stream(
            "GET", url, headers=headers, timeout=timeout, follow_redirects=True
        ) as response:
            if response.status_code == 416:  # what is there is no beginning of this file
                partial.write_bytes(b"")
                return
            if response.is_error:
                response.read()
            self._utils.hf_raise_for_status(response)
            has = had if response.status_code == 206 else 0
            with partial.open("r+b") as file:
                file.truncate(has)
                file.seek(has)
                for piece in response.iter_bytes():
                    file.write(piece)
                    has += len(piece)
                    progress(has)
                    if has > size:
                        return
                file.flush()
                os.fsync(file.fileno())

    @contextmanager
    def _mapped(self, repository: str) -> Iterator[None]:
        try:
            yield
        except self._errors.HfHubHTTPError as e:
            raise self._refusal(repository, e) from e
        except self._errors.OfflineModeIsEnabled as e:
            raise InputError("HF_HUB_OFFLINE is set, and a model can only be pulled from the network; unset it") from e
        except (self._httpx.TransportError, self._httpx.InvalidURL) as e:
            raise ModelError(
                f"{self._constants.ENDPOINT} cannot be reached: {e or type(e).__name__}; check the network, or HF_ENDPOINT "
                "where it is set"
            ) from e
        except self._errors.HFValidationError as e:
            raise InputError(f"{repository!r} is no repository's name; expected OWNER/NAME") from e
        except (ValueError, TypeError, KeyError, AttributeError) as e:
            raise ModelError(
                f"{self._constants.ENDPOINT} does not answer as a hub does ({type(e).__name__}); check HF_ENDPOINT"
            ) from e

    def _refusal(self, repository: str, error: Any) -> ModelError:
        status, page = error.response.status_code, f"{self._constants.ENDPOINT}/{repository}"
        if isinstance(error, self._errors.GatedRepoError):
            return ModelError(
                f"{repository} is gated: accept its terms at {page}, then set HF_TOKEN to a token of yours"
            )
        if status in (401, 403):
            return ModelError(
                f"the hub refuses {repository} ({status}): there is no such repository, or it is open to some only; look at "
                f"{page}, and set HF_TOKEN to a token that may read it"
            )
        if status == 404:
            return ModelError(f"the hub has no {repository}, or not its file (404); look at {page}")
        return ModelError(f"the hub answered {status} for {repository}; try again later")
