"""What a command reaches for, seen from the kernel: the network in a namespace without a route, and files it writes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from tests.conftest import unavailable

_NETWORK = "connect,sendto,sendmsg,sendmmsg"
_FILES = "open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat"
_SYSCALL = re.compile(r"^(?:\d+ +)?(?P<name>\w+)\((?P<arguments>.*)")
_ADDRESS = re.compile(
    r"sin6?_port=htons\((?P<port>\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )\"(?P<host>[^\"]+)\""
)
_UNIX = re.compile(r'sa_family=AF_UNIX, sun_path="(?P<path>[^"]*)"')
_PATH = re.compile(r'(?:(?:AT_FDCWD|\d+)<(?P<folder>[^>]*)>, )?"(?P<path>(?:[^"\\]|\\.)*)"')
_WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT")
_DNS_PORT = 53
# What glibc asks for the names of users and hosts; it goes on by itself when nobody listens.
_NAME_CACHE = Path("/var/run/nscd/socket")


@dataclass(frozen=True, slots=True)
class Traced:
    """How a traced command ended, and what it did that it must not do.

    network: addresses outside the loopback interface, and look-ups of names. written: paths outside the folders allowed.
    """

    code: int
    output: str
    network: tuple[str, ...]
    written: tuple[str, ...]


def trace(command: Sequence[str], folder: Path, environ: Mapping[str, str], timeout: float = 240) -> Traced:
    """Run a command in `folder` without a network but loopback. Skips (in CI: fails) where that cannot be done.

    It may write to $ASKIVE_HOME and $TMPDIR, to devices and to /proc. Variables that are not in `environ` are not set.
    """
    isolated = [*_isolation(), "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    with tempfile.TemporaryDirectory() as logs:
        log = Path(logs) / "trace"
        strace = ["strace", "-f", "-y", "-s", "4096", "-e", f"trace={_NETWORK},{_FILES}", "-o", str(log)]
        done = subprocess.run(
            [*isolated, *strace, *command],
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
        )
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    assert lines, f"nothing was traced: {done.stdout}"
    allowed = [Path(environ[name]).resolve() for name in ("ASKIVE_HOME", "TMPDIR")]
    calls = [(call["name"], call["arguments"]) for line in lines if (call := _SYSCALL.match(line))]
    return Traced(
        done.returncode,
        done.stdout,
        tuple(dict.fromkeys(place for name, given in calls for place in _reached(name, given, allowed))),
        tuple(
            dict.fromkeys(path for name, given in calls for path in _written(name, given, folder, allowed))
        ),
    )


def bare_environment(home: Path, temporary: Path) -> dict[str, str]:
    """A user's environment: nothing of ours is switched off in it yet, and what a user can turn on is on."""
    user = home.parent / "user"
    for path in (home, temporary, user):
        path.mkdir(exist_ok=True)
    proxy = "http://192.0.2.1:3128"
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(user),
        "TMPDIR": str(temporary),
        "ASKIVE_HOME": str(home),
        "LANG": "C.UTF-8",
        # Compiled modules go beside their source, whoever imports them.
        "PYTHONDONTWRITEBYTECODE": "1",
        "GRADIO_ANALYTICS_ENABLED": "True",
        "HF_HUB_OFFLINE": "0",
        "HTTP_PROXY": proxy,
        "http_proxy": proxy,
        "HTTPS_PROXY": proxy,
    }


def _isolation() -> list[str]:
    """The command that runs another one in a network namespace of its own."""
    for tool in ("strace", "unshare", "ip"):
        if shutil.which(tool) is None:
            unavailable(f"{tool} is not installed; `apt-get install strace util-linux iproute2`")
    isolated = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    tried = subprocess.run(
        [*isolated, "strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, text=True
    )
    if tried.returncode:
        unavailable(f"no network namespace or no tracing here: {tried.stderr.strip()}")
    return isolated


def _reached(name: str, arguments: str, allowed: Sequence[Path]) -> Iterator[str]:
    if name not in _NETWORK.split(","):
        return
    for found in _ADDRESS.finditer(arguments):
        if int(found["port"]) == _DNS_PORT or not ip_address(found["host"]).is_loopback:
            yield f"{name} {found['host']} port {found['port']}"
    for found in _UNIX.finditer(arguments):
        path = Path(found["path"])
        if path != _NAME_CACHE and not any(path.is_relative_to(folder) for folder in allowed):
            yield f"{name} {path}"


def _written(name: str, arguments: str, cwd: Path, allowed: Sequence[Path]) -> Iterator[str]:
    if name not in _FILES.split(",") or (name.startswith("open") and not _WRITES.search(arguments)):
        return
    # A call that failed is counted too: it was tried.
    for found in _PATH.finditer(arguments):
        path = Path(os.path.normpath(Path(found["folder"] or cwd) / found["path"]))
        if path.is_relative_to("/dev") or path.is_relative_to("/proc"):
            continue
        if not any(path.is_relative_to(folder) for folder in allowed):
            yield f"{name} {path}"
