"""Weights from a model hub, with the hub's own client, so that its mirrors, tokens and offline switch apply."""

from __future__ import annotations

import re
import shutil

from askive.models.errors import ModelError, WeightsError
from askive.models.files import size_of
from askive.models.offline import hub_allowed, is_hub_forbidden
from askive.models.weights.transfer import Transfer, growth

_SHA256 = re.compile(r"[0-9a-f]{64}")


@hub_allowed()
def fetch_hub(transfer: Transfer) -> dict[str, str]:
    """Fill `transfer.files` from `transfer.source.repo`.

    Returns the sha256 that the hub publishes for large files: {file name: digest}.
    Raises WeightsError, DiskSpaceError.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
    from huggingface_hub.utils import disable_progress_bars

    source = transfer.source
    if is_hub_forbidden():
        raise WeightsError(
            f"cannot download from {source.repo}: HF_HUB_OFFLINE is set",
            remedy=f"unset HF_HUB_OFFLINE, then `{transfer.pull_again}`",
        )
    disable_progress_bars()
    published: dict[str, str] = {}
    done = 0
    try:
        for file in transfer.entry.files:
            url = hf_hub_url(source.repo, file.name, revision=source.revision)
            metadata = get_hf_file_metadata(url)
            size = metadata.size or file.size
            if metadata.etag and _SHA256.fullmatch(metadata.etag):
                published[file.name] = metadata.etag
            if file.sha256 and published.get(file.name, file.sha256) != file.sha256:
                raise WeightsError(
                    f"{source.repo}/{file.name} is another file: sha256 expected {file.sha256}, "
                    f"published {published[file.name]}",
                    remedy="nothing was downloaded; correct the revision in the catalog",
                )
            transfer.require_room(max(0, size - _arrived(transfer)))
            with growth(transfer, transfer.files, 0, transfer.entry.size):
                hf_hub_download(
                    source.repo, file.name, revision=source.revision, local_dir=str(transfer.files)
                )
            done += (transfer.files / file.name).stat().st_size
            transfer.report(done)
    except ModelError:
        raise
    # The client passes on errors of its HTTP library, which have no common class.
    except Exception as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise WeightsError(
            f"cannot download from {source.repo}: {why if len(why) <= 200 else why[:199] + '…'}",
            remedy=f"check the connection to the hub, then `{transfer.pull_again}`; finished parts are kept",
        ) from error
    shutil.rmtree(transfer.files / ".cache", ignore_errors=True)
    return published


def _arrived(transfer: Transfer) -> int:
    return size_of(transfer.files) if transfer.files.exists() else 0
