"""Groups of settings about the machine and its servers; `askive.rag.config` has the others and reads them all."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import ErrorDetails

from askive.models.remote.endpoints import RemotePolicy


class Group(BaseModel):
    """Settings that belong together. An unknown one is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CacheConfig(Group):
    """How many attention states of prompts are cached for reuse."""

    memory_mb: int | None = Field(
        None,
        ge=0,
        description="MB of memory for kept attention states; not set: a tenth of free memory, at most 512",
    )
    disk_mb: int | None = Field(
        None,
        ge=0,
        description="MB on disk for kept attention states; not set: a twentieth of free space, at most 2048",
    )


class RemoteConfig(Group):
    """How models on servers (`openai:URL`) are asked."""

    timeout_s: float = Field(
        600.0, gt=0, description="seconds to wait for a server's answer, or between two pieces of one"
    )
    retries: int = Field(3, ge=0, le=20, description="further attempts after a failure that may pass")
    batch: int = Field(64, ge=1, le=2048, description="most texts in one request to an embedder or reranker")
    parallel: int = Field(4, ge=1, le=256, description="most requests at a time to each server")
    reranker: str | None = Field(
        None, description="openai:URL#MODEL with a /rerank route, for retrieval.rerank = remote"
    )

    @property
    def policy(self) -> RemotePolicy:
        """For `askive.models.registry`."""
        return RemotePolicy(self.timeout_s, self.retries, self.batch, self.parallel)


def why_invalid(error: ErrorDetails) -> str:
    """Why the value of a setting cannot be, in words for users. error: of pydantic."""
    limits = error.get("ctx") or {}
    match error["type"]:
        case "int_parsing" | "int_type" | "int_from_float":
            return "it is not a whole number"
        case "float_parsing" | "float_type":
            return "it is not a number"
        case "bool_parsing" | "bool_type":
            return "it is neither true nor false"
        case "string_type":
            return "it is not a text"
        case "greater_than_equal":
            return f"it is less than {limits['ge']}"
        case "greater_than":
            return f"it is not more than {limits['gt']}"
        case "less_than_equal":
            return f"it is more than {limits['le']}"
        case "less_than":
            return f"it is not less than {limits['lt']}"
        case "literal_error":
            return f"it is none of {limits['expected'].replace(' or ', ', ')}"
    return error["msg"].removeprefix("Value error, ")
