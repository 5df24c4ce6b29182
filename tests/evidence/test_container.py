"""The zip of a pack has one encoding, and nothing else is read."""

import io
import struct
import zipfile
from hashlib import sha256

import pytest
from packs import unpacked

from guardrail.evidence import container as module
from guardrail.evidence.container import Container, ContainerError, write_container

FILES = {
    "README.txt": b"read me",
    "checkpoint": b"note",
    "entries.jsonl": b"{}\n{}\n",
    "manifest.json": b"{}",
    "policies/" + "a" * 64 + ".toml": b"x",
}


def write(path, files=FILES):
    with path.open("wb") as stream:
        write_container(stream, files, {})
    return path


def plain_zip(path, members, **options):
    """Write a zip as any program would."""
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def read_all(path):
    with Container.open(path) as pack:
        return [pack.read(name) for name in pack.names]


def refused(path):
    with pytest.raises(ContainerError) as error, Container.open(path):
        pass
    return str(error.value)


def test_what_is_written_is_read_again(tmp_path):
    with Container.open(write(tmp_path / "p.zip")) as pack:
        assert pack.names == tuple(sorted(FILES))
        assert {name: pack.read(name) for name in pack.names} == FILES
        assert list(pack.lines(10)) == [b"{}", b"{}"]
        assert pack.measure("checkpoint") == (4, sha256(b"note").hexdigest())


def test_equal_content_gives_equal_bytes_whatever_the_order(tmp_path):
    one = write(tmp_path / "1.zip").read_bytes()
    other = write(tmp_path / "2.zip", dict(reversed(FILES.items()))).read_bytes()
    assert one == other


def test_members_may_come_in_pieces(tmp_path):
    path = tmp_path / "p.zip"
    with path.open("wb") as stream:
        write_container(stream, {"entries.jsonl": iter([b"{}\n", b"{}\n"])}, {"entries.jsonl": 6})
    assert unpacked(path) == {"entries.jsonl": b"{}\n{}\n"}


def test_a_pack_over_the_limits_is_not_written():
    with pytest.raises(ContainerError, match="2 GiB"):
        write_container(io.BytesIO(), {"entries.jsonl": iter([])}, {"entries.jsonl": 2**31})
    with pytest.raises(ContainerError, match="larger than"):
        write_container(io.BytesIO(), {"report.html": bytes(module.MAX_SMALL + 1)}, {})


def test_a_file_that_is_no_zip_is_refused(tmp_path):
    path = tmp_path / "p.zip"
    assert "cannot be read" in refused(path)
    assert "cannot be read" in refused(tmp_path)
    path.write_bytes(b"not a zip")
    assert "not a whole zip" in refused(path)


def test_a_cut_zip_is_refused_wherever_it_is_cut(tmp_path):
    whole = write(tmp_path / "p.zip").read_bytes()
    path = tmp_path / "cut.zip"
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        refused(path)


def test_a_single_changed_byte_outside_the_content_is_refused(tmp_path):
    """Whatever the container says twice, or could say in another way, is held against its one form."""
    whole = write(tmp_path / "p.zip", {"README.txt": b"r", "checkpoint": b"c"}).read_bytes()
    content = {whole.index(b"README.txt") + 10, whole.index(b"checkpoint") + 10}
    path = tmp_path / "bad.zip"
    for at in range(len(whole)):
        if at in content:
            continue
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(ContainerError):
            read_all(path)


def test_a_changed_byte_of_the_content_is_noticed_when_it_is_read(tmp_path):
    path = write(tmp_path / "p.zip")
    path.write_bytes(path.read_bytes().replace(b"read me", b"read mE"))
    with Container.open(path) as pack, pytest.raises(ContainerError, match="damaged"):
        pack.read("README.txt")
    path.write_bytes(path.read_bytes().replace(b"{}\n{}\n", b"{}\n[}\n"))
    with Container.open(path) as pack, pytest.raises(ContainerError, match="damaged"):
        list(pack.lines(10))


@pytest.mark.parametrize("before", [True, False])
def test_bytes_before_or_behind_are_refused(tmp_path, before):
    path = write(tmp_path / "p.zip")
    whole = path.read_bytes()
    path.write_bytes(b"hidden" + whole if before else whole + b"hidden")
    refused(path)


def test_a_comment_is_refused(tmp_path):
    path = write(tmp_path / "p.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"hidden"
    assert "behind its end" in refused(path)


def test_a_gap_between_the_files_is_refused(tmp_path):
    """The directory still finds every file; the bytes between would be nobody's."""
    whole = write(tmp_path / "p.zip", {"README.txt": b"r"}).read_bytes()
    start = whole.index(b"PK\x01\x02")
    end = bytearray(whole[start:])
    struct.pack_into("<L", end, len(end) - 6, start + 6)
    path = tmp_path / "g.zip"
    path.write_bytes(whole[:start] + b"hidden" + end)
    assert "belong to none" in refused(path)


def test_a_directory_that_would_fill_the_memory_is_refused_unread(tmp_path, monkeypatch):
    path = write(tmp_path / "p.zip")
    monkeypatch.setattr(module, "MAX_DIRECTORY", 100)
    assert "too many" in refused(path)


def test_a_directory_that_is_damaged_is_refused(tmp_path):
    whole = bytearray(write(tmp_path / "p.zip").read_bytes())
    whole[whole.index(b"PK\x01\x02")] = 0
    path = tmp_path / "d.zip"
    path.write_bytes(whole)
    assert "not a whole zip" in refused(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused(tmp_path):
    path = plain_zip(tmp_path / "p.zip", [("checkpoint", b"1"), ("checkpoint", b"2")])
    assert "twice" in refused(path)


@pytest.mark.parametrize(
    "name",
    ["../checkpoint", "/checkpoint", "policies/../../x.toml", "policies/A.toml", "note.exe", "checkpoint/"],
)
def test_a_name_that_does_not_belong_is_refused_without_repeating_it(tmp_path, name):
    message = refused(plain_zip(tmp_path / "p.zip", [(name, b"1")]))
    assert "does not belong" in message
    assert name not in message


def test_a_compressed_pack_is_refused_before_anything_grows(tmp_path):
    """A bomb: 64 MB of zeros in some 64 kB."""
    path = plain_zip(
        tmp_path / "p.zip", [("report.html", bytes(64_000_000))], compression=zipfile.ZIP_DEFLATED
    )
    assert path.stat().st_size < 100_000
    assert "another program" in refused(path)


def test_members_that_overlap_are_refused(tmp_path):
    """Two directory entries for one content: the bomb that needs no compression ratio."""
    whole = bytearray(write(tmp_path / "p.zip", {"README.txt": b"same", "checkpoint": b"same"}).read_bytes())
    second = whole.rindex(b"PK\x01\x02")
    struct.pack_into("<L", whole, second + 42, 0)
    path = tmp_path / "o.zip"
    path.write_bytes(whole)
    refused(path)


def test_a_repacked_pack_is_refused_with_the_reason(tmp_path):
    path = plain_zip(tmp_path / "p.zip", sorted(FILES.items()))
    assert "another program" in refused(path)


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    path = write(tmp_path / "p.zip")
    monkeypatch.setattr(module, "MAX_MEMBERS", 2)
    assert "too many" in refused(path)


def test_a_file_over_the_limits_is_refused(tmp_path, monkeypatch):
    path = write(tmp_path / "p.zip")
    monkeypatch.setattr(module, "MAX_SMALL", 2)
    with Container.open(path) as pack, pytest.raises(ContainerError, match="larger"):
        pack.read("README.txt")
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    assert "larger" in refused(path)


def test_a_missing_file_is_named(tmp_path):
    with Container.open(write(tmp_path / "p.zip", {"README.txt": b""})) as pack:
        with pytest.raises(ContainerError, match="checkpoint is missing"):
            pack.read("checkpoint")
        with pytest.raises(ContainerError, match="damaged"):
            list(pack.lines(10))


def test_a_line_that_is_too_long_or_cut_is_refused(tmp_path):
    for content in (b"x" * 30 + b"\n", b"{}\n{}"):
        path = write(tmp_path / "p.zip", {"entries.jsonl": content})
        with Container.open(path) as pack, pytest.raises(ContainerError, match="too long or cut"):
            list(pack.lines(10))
