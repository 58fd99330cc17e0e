"""Files in and out: what is read, what is refused and how it is said, and that nothing is written by halves."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mmlcore.io import FileError, check_output, read_matrix, replacing, write_arrays

POINTS = np.array([[1.0, 2.0], [3.5, -4.0], [1e-300, 6e300]])


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("dtype", ["f4", "f8", ">f8", "i2", "u1", "?"])
def test_npy_keeps_type_and_values(tmp_path: Path, dtype: str) -> None:
    array = np.arange(12).reshape(3, 4).astype(dtype)
    np.save(tmp_path / "a.npy", array)
    got = read_matrix(tmp_path / "a.npy")
    assert got.dtype == array.dtype
    np.testing.assert_array_equal(got, array)


def test_npy_of_no_elements_and_in_column_order(tmp_path: Path) -> None:
    np.save(tmp_path / "empty.npy", np.empty((0, 3)))
    assert read_matrix(tmp_path / "empty.npy").shape == (0, 3)
    np.save(tmp_path / "f.npy", np.asfortranarray(POINTS))
    np.testing.assert_array_equal(read_matrix(tmp_path / "f.npy"), POINTS)


def test_npz_takes_the_only_array_the_one_named_x_or_the_key(tmp_path: Path) -> None:
    np.savez(tmp_path / "one.npz", something=POINTS)
    np.savez(tmp_path / "two.npz", X=POINTS, y=[1, 2, 3])
    np.testing.assert_array_equal(read_matrix(tmp_path / "one.npz"), POINTS)
    np.testing.assert_array_equal(read_matrix(tmp_path / "two.npz"), POINTS)
    np.testing.assert_array_equal(read_matrix(tmp_path / "two.npz", key="y"), [1, 2, 3])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "1,2\n3,4\n"),
        ("a.csv", "x,y\n1,2\n3,4\n"),
        ("a.csv", "# made by hand\n\nx,y\n1, 2 # first\n\n3,4"),
        ("a.csv", "\ufeffx,y\r\n1,2\r\n3,4\r\n"),
        ("A.CSV", "1,2\n3,4\n"),
        ("a.tsv", "x\ty\n1\t2\n3\t4\n"),
        ("a.txt", "  1   2\n3 4\n"),
    ],
)
def test_tables(tmp_path: Path, name: str, text: str) -> None:
    np.testing.assert_array_equal(read_matrix(put(tmp_path, name, text)), [[1, 2], [3, 4]])


def npy_bytes(array: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "the file is empty"),
        ("a.csv", "x,y\n", "no row of numbers"),
        ("a.csv", "# nothing\n", "no row of numbers"),
        ("a.csv", "1,2\n3,4\n5\n", "line 3 has 1 columns, the lines before have 2"),
        ("a.csv", "x,y\n\n1,2\n3,zebra\n", "line 4, column 2: 'zebra' is not a number"),
        ("a.csv", "1,2\n3,\n", "line 2, column 2 is empty"),
        ("a.csv", 'x,"y, z"\n1,2\n"1,000",4\n', "line 3, column 1: '1,000' is not a number"),
        ("a.csv", "1,2\n\xff\xfe3,4\n".encode("latin-1"), "UTF-8"),
        ("a.csv", npy_bytes(POINTS), "not a text file"),
        ("a.txt", "1 2\n3 4 5\n", "line 2 has 3 columns"),
        ("a.npy", "1,2\n3,4\n", r"not a \.npy file"),
        ("a.npz", "1,2\n3,4\n", r"not a \.npz file"),
        ("a.npz", npy_bytes(POINTS), r"not a \.npz file"),
        ("a.npz", b"PK\x03\x04 and then nothing of the kind", "truncated or damaged"),
        ("a.npy", npy_bytes(POINTS)[:-8], "truncated or damaged"),
        ("a.npy", npy_bytes(POINTS)[:20], "truncated or damaged"),
        ("a.npy", npy_bytes(np.array([1, "a"], dtype=object), allow_pickle=True), "Python objects"),
        ("a.npy", npy_bytes(np.array(["a", "b"])), "not numbers"),
        ("a.xlsx", "1,2\n", "unknown kind of file '.xlsx'"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_sentence(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    path = put(tmp_path, name, content)
    with pytest.raises(FileError, match=message) as error:
        read_matrix(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        read_matrix(tmp_path / "none.npy")
    with pytest.raises(FileError, match="is a directory"):
        read_matrix(tmp_path)


def test_a_wrong_key_lists_the_right_ones(tmp_path: Path) -> None:
    np.savez(tmp_path / "two.npz", a=POINTS, b=POINTS)
    with pytest.raises(FileError, match="arrays a, b; choose one with the argument key"):
        read_matrix(tmp_path / "two.npz")
    with pytest.raises(FileError, match="there is no 'c'"):
        read_matrix(tmp_path / "two.npz", key="c")


def test_a_truncated_npz(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", X=np.arange(1000.0))
    whole = (tmp_path / "a.npz").read_bytes()
    for cut in range(4, len(whole) - 1, 97):
        with pytest.raises(FileError, match="truncated or damaged"):
            read_matrix(put(tmp_path, "b.npz", whole[:cut]))


@given(
    st.binary(max_size=200),
    st.sampled_from([".npy", ".npz", ".csv", ".txt", ".tsv"]),
    st.booleans(),
)
def test_no_bytes_get_past_a_file_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str, dressed: bool
) -> None:
    head = (
        {".npy": b"\x93NUMPY\x01\x00", ".npz": b"PK\x03\x04"}.get(suffix, b"1,2\n")
        if dressed
        else b""
    )
    path = put(tmp_path_factory.mktemp("bytes"), "a" + suffix, head + content)
    with contextlib.suppress(FileError):
        assert read_matrix(path).dtype.kind in "biufc"


@given(
    arrays(
        np.float64,
        array_shapes(min_dims=2, max_dims=2, max_side=6),
        elements=st.floats(allow_nan=False),
    )
)
def test_tables_return_the_same_bits(
    tmp_path_factory: pytest.TempPathFactory, array: np.ndarray
) -> None:
    path = tmp_path_factory.mktemp("table") / "a.csv"
    write_arrays(path, {"x": array})
    np.testing.assert_array_equal(read_matrix(path), array)


@pytest.mark.parametrize("suffix", [".npz", ".npy", ".csv", ".tsv"])
def test_what_is_written_is_read_again(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    write_arrays(path, {"scores": POINTS, "mean": np.array([1.0, 2.0])})
    np.testing.assert_array_equal(
        read_matrix(path, key="scores" if suffix == ".npz" else None), POINTS
    )
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_names_with_commas_are_quoted(tmp_path: Path) -> None:
    write_arrays(tmp_path / "a.csv", {"node": ["a,b", 'c"d'], "rank": [0.5, 0.5]})
    assert (tmp_path / "a.csv").read_text().splitlines()[1] == '"a,b",0.5'


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", "old")

    def write_half() -> None:
        with replacing(path, "w") as stream:
            stream.write("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]


def test_links_stay_links_and_pipes_are_written_directly(tmp_path: Path) -> None:
    target = put(tmp_path, "real.csv", "old")
    link = tmp_path / "link.csv"
    link.symlink_to(target)
    write_arrays(link, {"x": [1.0]})
    assert link.is_symlink()
    assert target.read_text() == "x\n1.0\n"
    device = tmp_path / "null.csv"
    device.symlink_to("/dev/null")
    write_arrays(device, {"x": [1.0]})
    assert Path("/dev/null").is_char_device()


def test_outputs_are_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"unknown kind of file '\.doc'; written are"):
        check_output(tmp_path / "a.doc")
    with pytest.raises(FileError, match="there is no folder"):
        check_output(tmp_path / "none" / "a.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(FileError, match="is a folder"):
        check_output(tmp_path / "folder.csv")
    with (
        pytest.raises(FileError, match="no such file or folder"),
        replacing(tmp_path / "none" / "a.csv"),
    ):
        raise AssertionError("the body must not run")


def test_permission_denied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(FileError, match="permission denied"):
        check_output(tmp_path / "a.csv")
