#!/usr/bin/env python3
"""Drives a running emulator through its main job with pydicom's bundled files, twice, and compares the two runs.

    pip install pydicom dicomweb-client httpx
    python scripts/smoke_test.py http://localhost:8080

It works in a service of its own, which it deletes at the end; with --service it takes the one named, which must be
empty and is left as it was found. Exit code: 0 if every check passes, 1 if one fails, 2 if it cannot begin.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import uuid
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PACKAGES = {"pydicom": "pydicom", "httpx": "httpx", "dicomweb_client": "dicomweb-client"}
missing = []
for module, package in PACKAGES.items():
    try:
        __import__(module)
    except ImportError:
        missing.append(package)
if missing:
    print(f"missing Python packages, please run: pip install {' '.join(missing)}", file=sys.stderr)
    sys.exit(2)

import httpx
import pydicom
import requests  # comes with dicomweb-client
from dicomweb_client.api import DICOMwebClient
from pydicom.data.data_manager import DATA_ROOT
from pydicom.encaps import generate_frames
from pydicom.misc import is_dicom
from pydicom.pixels.utils import get_expected_length

SNAPSHOT = "smoke-test"
# With a frozen clock the times of two runs are equal too, so whole answers can be compared.
CLOCK = {"mode": "frozen", "now": "2026-01-01T00:00:00Z"}

DICOM_JSON = {"Accept": "application/dicom+json"}
ONE_FILE = {"Accept": "application/dicom; transfer-syntax=*"}
MANY_FILES = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}

FAILED, REFERENCED = "00081198", "00081199"
INSTANCE_UID, FAILURE_REASON = "00081155", "00081197"
CANNOT_UNDERSTAND, ALREADY_EXISTS = 43264, 45070

REQUIRED = ["SOPClassUID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"]
COMPARED = ["SOPClassUID", "Modality", "StudyDate", "PatientID", "PatientName", "PatientSex", "Rows", "Columns"]
# Files that begin like Part 10 and then are not what they say.
DAMAGED = {
    "MR_truncated.dcm": "its pixel data is cut off",
    "rtplan_truncated.dcm": "it ends inside a sequence",
    "SC_rgb_jpeg.dcm": "it names an explicit VR transfer syntax and has implicit VR",
}


# --- pydicom's files


@dataclass
class Sample:
    """A file, and what pydicom says about it."""

    name: str
    file: bytes
    dataset: pydicom.Dataset

    @property
    def study(self) -> str:
        return str(self.dataset.StudyInstanceUID)

    @property
    def series(self) -> str:
        return str(self.dataset.SeriesInstanceUID)

    @property
    def instance(self) -> str:
        return str(self.dataset.SOPInstanceUID)

    @property
    def path(self) -> str:
        return f"/studies/{self.study}/series/{self.series}/instances/{self.instance}"

    @property
    def stored_file(self) -> bytes:
        """The file as it comes back: the service overwrites the preamble with zeros."""
        return bytes(128) + self.file[128:]


@dataclass
class Samples:
    distinct: list[Sample] = field(default_factory=list)
    same_again: list[Sample] = field(default_factory=list)  # other files with the identifiers of a distinct one
    refused: list[tuple[str, bytes]] = field(default_factory=list)  # no Part 10, damaged, or without what is required

    @property
    def valid(self) -> list[Sample]:
        return self.distinct + self.same_again

    @property
    def studies(self) -> dict[str, list[Sample]]:
        studies: dict[str, list[Sample]] = {}
        for sample in self.distinct:
            studies.setdefault(sample.study, []).append(sample)
        return studies


def read_samples() -> Samples:
    samples, known = Samples(), set()
    folders = [Path(DATA_ROOT, "test_files"), Path(DATA_ROOT, "charset_files")]
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        if path.suffix in (".py", ".pyc"):
            continue
        file = path.read_bytes()
        if not is_dicom(path) or path.name in DAMAGED:
            samples.refused.append((path.name, file))
            continue
        dataset = pydicom.dcmread(io.BytesIO(file))
        if "PatientID" not in dataset or not all(dataset.get(keyword) for keyword in REQUIRED):
            samples.refused.append((path.name, file))
            continue
        sample = Sample(path.name, file, dataset)
        (samples.same_again if sample.path in known else samples.distinct).append(sample)
        known.add(sample.path)
    return samples


# --- the emulator


class Emulator:
    """One service of an emulator: its data plane, and what the control API has for it."""

    def __init__(self, url: str, service: str):
        self.service = service
        self.control_url = f"{url}/_emulator/services/{service}"
        self.data_url = f"{url}/v2" if service == "default" else f"{url}/services/{service}/v2"
        self.http = httpx.Client(timeout=120)

    def call(self, method: str, path: str, **arguments) -> httpx.Response:
        return self.http.request(method, self.data_url + path, **arguments)

    def control(self, method: str, path: str, body: dict | None = None) -> dict:
        response = self.http.request(method, f"{self.control_url}{path}", json=body)
        response.raise_for_status()
        return response.json() if response.content else {}

    def begin(self) -> None:
        """Back to the snapshot, with a clock that stands still."""
        self.control("POST", "/reset", {"snapshot": SNAPSHOT})
        self.control("PUT", "/clock", CLOCK)

    def store(self, file: bytes, method: str = "POST") -> httpx.Response:
        headers = {**DICOM_JSON, "Content-Type": "application/dicom"}
        return self.call(method, "/studies", headers=headers, content=file)

    def store_together(self, files: list[bytes]) -> httpx.Response:
        boundary = uuid.uuid4().hex.encode()
        parts = [b"--%s\r\nContent-Type: application/dicom\r\n\r\n%s\r\n" % (boundary, file) for file in files]
        content_type = f'multipart/related; type="application/dicom"; boundary={boundary.decode()}'
        headers = {**DICOM_JSON, "Content-Type": content_type}
        return self.call("POST", "/studies", headers=headers, content=b"".join(parts) + b"--%s--" % boundary)

    def search(self, path: str, **parameters: str) -> list[dict]:
        response = self.call("GET", path, headers=DICOM_JSON, params=parameters)
        response.raise_for_status()
        return response.json() if response.status_code == 200 else []

    def feed(self, page: int = 7) -> list[dict]:
        """The whole change feed, page by page."""
        entries: list[dict] = []
        while True:
            response = self.call("GET", "/changefeed", params={"offset": len(entries), "limit": page})
            response.raise_for_status()
            entries += response.json()
            if len(response.json()) < page:
                return entries


def values(dataset: dict, tag: str) -> list:
    return dataset.get(tag, {}).get("Value", [])


def reasons(response: httpx.Response) -> list[int]:
    """The failure reasons in the answer to a store."""
    return [values(item, FAILURE_REASON)[0] for item in values(response.json(), FAILED)]


def dropped(response: httpx.Response) -> set[str]:
    """The tags in the answer to a store that were found invalid and are not in the metadata."""
    comments = [
        values(comment, "00000902")[0]
        for item in values(response.json(), REFERENCED)
        for comment in values(item, "00741048")
    ]
    return {comment[len("DICOM100: (") :][:9].replace(",", "").upper() for comment in comments}


def parts(response: httpx.Response) -> list[bytes]:
    """The bodies of the parts of a multipart answer."""
    boundary = response.headers["content-type"].split("boundary=")[1].strip('"').encode()
    pieces = (b"\r\n" + response.content).split(b"\r\n--" + boundary)[1:-1]
    return [piece.split(b"\r\n\r\n", 1)[1] for piece in pieces]


# --- what is checked


class Checks:
    def __init__(self, quiet: bool):
        self.quiet, self.passed, self.failed = quiet, 0, 0

    def heading(self, text: str) -> None:
        print(f"\n{text}")

    def that(self, text: str, is_so: bool, detail: object = "") -> None:
        self.passed += is_so
        self.failed += not is_so
        if not is_so:
            print(f"  FAILED  {text}" + (f": {str(detail)[:300]}" if str(detail) else ""))
        elif not self.quiet:
            print(f"  ok      {text}")

    def equal(self, text: str, found: object, expected: object) -> None:
        self.that(text, found == expected, f"found {str(found)[:140]}, expected {str(expected)[:140]}")


@dataclass
class Run:
    """What must be the same the next time."""

    positions: list[str | None] = field(default_factory=list)
    etags: list[str | None] = field(default_factory=list)
    feed: list[dict] = field(default_factory=list)
    log: list[dict] = field(default_factory=list)


def run(emulator: Emulator, samples: Samples, checks: Checks) -> Run:
    emulator.begin()
    result = Run()
    store_one_by_one(emulator, samples, checks, result)
    retrieve(emulator, samples, checks, result)
    replace(emulator, samples, checks, result)
    delete(emulator, samples, checks, result)
    result.feed = emulator.feed()
    result.log = emulator.control("GET", "/log?limit=10000")
    verify(emulator, checks)
    return result


def store_one_by_one(emulator: Emulator, samples: Samples, checks: Checks, result: Run) -> None:
    checks.heading("store one by one, search, compare metadata")
    for sample in samples.distinct:
        response = emulator.store(sample.file)
        result.positions.append(response.headers.get("x-emulator-position"))
        checks.that(f"{sample.name} is stored", response.status_code in (200, 202), response.text)
        find(emulator, sample, checks)
        compare_metadata(emulator, sample, dropped(response), checks, result)
    for sample in samples.same_again:
        response = emulator.store(sample.file)
        found = (response.status_code, reasons(response))
        checks.equal(f"{sample.name} is there already: 409, 45070", found, (409, [ALREADY_EXISTS]))
    for name, file in samples.refused:
        response = emulator.store(file)
        found = (response.status_code, reasons(response))
        checks.equal(f"{name} is refused: 409, 43264", found, (409, [CANNOT_UNDERSTAND]))

    feed = emulator.feed()
    stored = [(sample.instance, "Create", "Current") for sample in samples.distinct]
    checks.equal("the feed has an entry for each, in order", [told(entry) for entry in feed], stored)
    sequences = [entry["sequence"] for entry in feed]
    checks.equal("its sequences have no holes", sequences, list(range(1, len(stored) + 1)))
    latest = emulator.call("GET", "/changefeed/latest")
    checks.equal("the latest entry is the last one", latest.json(), feed[-1])
    verify(emulator, checks)


def find(emulator: Emulator, sample: Sample, checks: Checks) -> None:
    study, series = f"/studies/{sample.study}", f"/studies/{sample.study}/series/{sample.series}"
    found = [
        values(entry, tag)
        for path, parameter, tag in [
            ("/studies", {"StudyInstanceUID": sample.study}, "0020000D"),
            (f"{study}/series", {"SeriesInstanceUID": sample.series}, "0020000E"),
            (f"{series}/instances", {"SOPInstanceUID": sample.instance}, "00080018"),
        ]
        for entry in emulator.search(path, **parameter)
    ]
    expected = [[sample.study], [sample.series], [sample.instance]]
    checks.equal(f"{sample.name} is found as study, series and instance", found, expected)


def compare_metadata(
    emulator: Emulator, sample: Sample, dropped_tags: set[str], checks: Checks, result: Run
) -> None:
    response = emulator.call("GET", f"{sample.path}/metadata", headers=DICOM_JSON)
    result.etags.append(response.headers.get("etag"))
    [metadata] = response.json()
    for keyword in COMPARED:
        element = sample.dataset.get(pydicom.datadict.tag_for_keyword(keyword))
        tag = f"{pydicom.datadict.tag_for_keyword(keyword):08X}"
        expected = [] if element is None or tag in dropped_tags else as_json(element)
        if values(metadata, tag) != expected:
            checks.equal(f"{sample.name}: {keyword} is what pydicom reads", values(metadata, tag), expected)
            return
    checks.that(f"{sample.name} has the metadata that pydicom reads", "7FE00010" not in metadata, "pixel data in it")


def as_json(element: pydicom.DataElement) -> list:
    """The values of an element as DICOM JSON has them."""
    if element.is_empty:
        return []
    if element.VR != "PN":
        return [element.value]
    groups = {
        "Alphabetic": element.value.alphabetic,
        "Ideographic": element.value.ideographic,
        "Phonetic": element.value.phonetic,
    }
    return [{name: group for name, group in groups.items() if group}]


def retrieve(emulator: Emulator, samples: Samples, checks: Checks, result: Run) -> None:
    checks.heading("retrieve")
    for sample in samples.distinct:
        response = emulator.call("GET", sample.path, headers=ONE_FILE)
        checks.that(f"{sample.name} comes back byte for byte", response.content == sample.stored_file, response)
    for study, members in samples.studies.items():
        response = emulator.call("GET", f"/studies/{study}", headers=MANY_FILES)
        expected = sorted(sample.stored_file for sample in members)
        checks.that(f"the study of {members[0].name} comes back whole", sorted(parts(response)) == expected, response)
        metadata = emulator.call("GET", f"/studies/{study}/metadata", headers=DICOM_JSON)
        etag = metadata.headers.get("etag")
        result.etags.append(etag)
        headers = {**DICOM_JSON, "If-None-Match": str(etag)}
        again = emulator.call("GET", f"/studies/{study}/metadata", headers=headers)
        checks.equal(f"its metadata is not sent twice: {etag}", again.status_code, 304)


def replace(emulator: Emulator, samples: Samples, checks: Checks, result: Run) -> None:
    checks.heading("replace")
    for sample in samples.same_again:
        response = emulator.store(sample.file, method="PUT")
        result.positions.append(response.headers.get("x-emulator-position"))
        is_stored = response.status_code in (200, 202)
        checks.that(f"{sample.name} replaces what has its identifiers", is_stored, response.text)
        back = emulator.call("GET", sample.path, headers=ONE_FILE)
        checks.that(f"{sample.name} comes back byte for byte", back.content == sample.stored_file, back)
    feed = emulator.feed()[len(samples.distinct) :]
    expected = [(sample.instance, "Update") for sample in samples.same_again]
    checks.equal("the feed has an update for each", [told(entry)[:2] for entry in feed], expected)


def delete(emulator: Emulator, samples: Samples, checks: Checks, result: Run) -> None:
    checks.heading("delete")
    before = len(emulator.feed())
    first, *others = samples.distinct
    series = f"/studies/{others[0].study}/series/{others[0].series}"
    for name, path in [("an instance", first.path), ("a series", series)]:
        response = emulator.call("DELETE", path)
        result.positions.append(response.headers.get("x-emulator-position"))
        checks.equal(f"{name} can be deleted", response.status_code, 204)
        gone = emulator.call("GET", f"{path}/metadata", headers=DICOM_JSON)
        checks.equal(f"{name} is gone", gone.status_code, 404)
    for study in [values(entry, "0020000D")[0] for entry in emulator.search("/studies", limit="200")]:
        response = emulator.call("DELETE", f"/studies/{study}")
        result.positions.append(response.headers.get("x-emulator-position"))
        checks.equal(f"study {study[-20:]} can be deleted", response.status_code, 204)
    checks.equal("nothing is found any more", emulator.search("/instances"), [])
    feed = emulator.feed()
    deleted = [entry["action"] for entry in feed[before:]]
    checks.equal("the feed has an entry for each instance deleted", deleted, ["Delete"] * len(samples.distinct))
    checks.equal("all entries say so", {entry["state"] for entry in feed}, {"Deleted"})


def told(entry: dict) -> tuple[str, str, str]:
    return entry["sopInstanceUid"], entry["action"], entry["state"]


def verify(emulator: Emulator, checks: Checks) -> None:
    verdict = emulator.control("POST", "/verify")
    checks.that("the read models are what the log says", verdict["ok"] is True, verdict)


def check_reset(emulator: Emulator, checks: Checks) -> None:
    checks.heading("reset")
    snapshot = emulator.control("GET", f"/snapshots/{SNAPSHOT}")
    done = emulator.control("POST", "/reset", {"snapshot": SNAPSHOT})
    found = (done["position"], done["sequence"])
    checks.equal("the service is back at the snapshot", found, (snapshot["position"], snapshot["sequence"]))
    checks.equal("the feed is empty", emulator.feed(), [])
    checks.equal("so is the service", emulator.search("/studies"), [])
    verify(emulator, checks)


def store_together(emulator: Emulator, samples: Samples, one_by_one: Run, checks: Checks) -> None:
    checks.heading("store everything in one multipart request")
    emulator.begin()
    files = [sample.file for sample in samples.valid] + [file for _, file in samples.refused]
    response = emulator.store_together(files)
    checks.equal("some are stored and some are not: 202", response.status_code, 202)
    stored = [values(item, INSTANCE_UID)[0] for item in values(response.json(), REFERENCED)]
    checks.equal("each is stored once", stored, [sample.instance for sample in samples.distinct])
    expected = [ALREADY_EXISTS] * len(samples.same_again) + [CANNOT_UNDERSTAND] * len(samples.refused)
    checks.equal("all others are told why", reasons(response), expected)
    for sample in samples.distinct:
        back = emulator.call("GET", sample.path, headers=ONE_FILE)
        checks.that(f"{sample.name} comes back byte for byte", back.content == sample.stored_file, back)
    before = [(entry["sequence"], entry["sopInstanceUid"]) for entry in one_by_one.feed[: len(samples.distinct)]]
    now = [(entry["sequence"], entry["sopInstanceUid"]) for entry in emulator.feed()]
    checks.equal("the feed is that of one by one", now, before)
    verify(emulator, checks)


def compare_runs(first: Run, second: Run, checks: Checks) -> None:
    checks.heading("the second run is the first")
    checks.that("each write told its position", all(first.positions), first.positions)
    checks.equal("the same positions", second.positions, first.positions)
    checks.that("all metadata had an ETag", all(first.etags), first.etags)
    checks.equal("the same ETags", second.etags, first.etags)
    for name in ("feed", "log"):
        one, other = getattr(first, name), getattr(second, name)
        checks.equal(f"the same {name}, {len(one)} entries", json.dumps(other), json.dumps(one))


def use_client(emulator: Emulator, samples: Samples, checks: Checks) -> None:
    checks.heading("the same with dicomweb-client")
    emulator.begin()
    # Some of pydicom's files have identifiers that only an emulator of Azure takes.
    client = DICOMwebClient(emulator.data_url, permissive_uid=True)
    stored_syntax = (("application/dicom", "*"),)
    # Its store_instances gives back an empty dataset: it does not expect the charset of the answer's content type.
    client.store_instances([sample.dataset for sample in samples.distinct])
    found = {values(entry, "0020000D")[0] for entry in client.search_for_studies(limit=200)}
    checks.equal("search_for_studies finds what store_instances stored", found, set(samples.studies))
    for sample in samples.distinct:
        uids = (sample.study, sample.series, sample.instance)
        back = client.retrieve_instance(*uids, media_types=stored_syntax)
        checks.that(f"retrieve_instance gives {sample.name}", is_same(back, sample.dataset))
    for study, members in samples.studies.items():
        back = client.retrieve_study(study, media_types=stored_syntax)
        instances = sorted(str(dataset.SOPInstanceUID) for dataset in back)
        expected = sorted(sample.instance for sample in members)
        checks.equal(f"retrieve_study gives the study of {members[0].name}", instances, expected)
        metadata = client.retrieve_study_metadata(study)
        instances = sorted(values(dataset, "00080018")[0] for dataset in metadata)
        checks.equal("retrieve_study_metadata describes it", instances, expected)
    for sample in samples.distinct:
        retrieve_with_client(client, sample, checks)
    first, second, *_ = samples.distinct
    client.delete_instance(first.study, first.series, first.instance)
    client.delete_series(second.study, second.series)
    for entry in client.search_for_studies(limit=200):
        client.delete_study(values(entry, "0020000D")[0])
    checks.equal("delete_instance, delete_series and delete_study leave nothing", client.search_for_instances(), [])
    verify(emulator, checks)


def retrieve_with_client(client: DICOMwebClient, sample: Sample, checks: Checks) -> None:
    """Series, metadata of an instance, frames and pictures."""
    uids = (sample.study, sample.series, sample.instance)
    back = client.retrieve_series(*uids[:2], media_types=(("application/dicom", "*"),))
    found = sample.instance in {str(dataset.SOPInstanceUID) for dataset in back}
    checks.that(f"retrieve_series has {sample.name}", found)
    described = [values(dataset, "00080018")[0] for dataset in client.retrieve_series_metadata(*uids[:2])]
    checks.that(f"retrieve_series_metadata describes {sample.name}", sample.instance in described)
    metadata = client.retrieve_instance_metadata(*uids)
    checks.equal(f"retrieve_instance_metadata describes {sample.name}", values(metadata, "00080018"), [sample.instance])
    dataset = sample.dataset
    if "PixelData" not in dataset or not dataset.get("Rows"):
        return
    try:
        expected = list(frames_of(dataset))
    except Exception:  # pydicom cannot tell its frames apart either
        return
    numbers = list(range(1, len(expected) + 1))[:3]
    back = client.retrieve_instance_frames(*uids, numbers, media_types=(("application/octet-stream", "*"),))
    checks.that(f"retrieve_instance_frames gives those of {sample.name}", back == expected[: len(numbers)])
    for accept, start in [("image/png", b"\x89PNG"), ("image/jpeg", b"\xff\xd8\xff")]:
        try:
            picture = client.retrieve_instance_rendered(*uids, media_types=(accept,))
            picture_of_frame = client.retrieve_instance_frames_rendered(*uids, [1], media_types=(accept,))
        except requests.HTTPError as error:
            # What cannot be drawn is answered so, and nothing else.
            checks.equal(f"{sample.name} is drawn or refused", error.response.status_code, 406)
            continue
        is_picture = picture.startswith(start) and picture_of_frame == picture
        checks.that(f"retrieve_instance_rendered draws {sample.name} as {accept}", is_picture)


def frames_of(dataset: pydicom.Dataset) -> Iterator[bytes]:
    """The frames of a file as they are stored."""
    count = int(dataset.get("NumberOfFrames") or 1)
    if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        yield from generate_frames(dataset.PixelData, number_of_frames=count)
        return
    length = get_expected_length(dataset) // count
    if dataset.BitsAllocated == 1 and dataset.Rows * dataset.Columns % 8:
        raise ValueError("frames of bits that begin inside of a byte")
    yield from (dataset.PixelData[at : at + length] for at in range(0, length * count, length))


def is_same(back: pydicom.Dataset, sent: pydicom.Dataset) -> bool:
    """Whether a dataset is what the client sent: it writes files anew, so that is not always what pydicom read."""
    written = io.BytesIO()
    pydicom.dcmwrite(written, sent)
    written.seek(0)
    expected = pydicom.dcmread(written)
    return back.file_meta == expected.file_meta and back == expected


# --- the command line


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", metavar="URL", help="where the emulator listens, e.g. http://localhost:8080")
    parser.add_argument("--service", help="an empty service to work in [default: a new one, deleted at the end]")
    parser.add_argument("--quiet", action="store_true", help="print only what fails, and the summary")
    arguments = parser.parse_args()
    service = arguments.service or f"smoke-{uuid.uuid4().hex[:12]}"
    emulator = Emulator(arguments.url.rstrip("/"), service)
    checks = Checks(arguments.quiet)
    try:
        head = emulator.control("PUT", "")["position"]
    except httpx.HTTPError as error:
        print(f"no emulator with a control API at {arguments.url}: {error}", file=sys.stderr)
        return 2
    if head != 0:
        print(f"the service {service} is not empty (position {head}): please choose another", file=sys.stderr)
        return 2
    emulator.control("PUT", f"/snapshots/{SNAPSHOT}")
    try:
        warnings.simplefilter("ignore")  # what pydicom thinks of its own files
        everything(emulator, read_samples(), checks)
    finally:
        if arguments.service:
            emulator.control("POST", "/reset")
            emulator.control("DELETE", f"/snapshots/{SNAPSHOT}")
        else:
            emulator.control("DELETE", "")
    print(f"\n{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


def everything(emulator: Emulator, samples: Samples, checks: Checks) -> None:
    print(
        f"service {emulator.service}; pydicom {pydicom.__version__} brings {len(samples.distinct)} instances, "
        f"{len(samples.same_again)} files with identifiers of these, {len(samples.refused)} files that are refused"
    )
    first = run(emulator, samples, checks)
    check_reset(emulator, checks)
    second = run(emulator, samples, checks)
    compare_runs(first, second, checks)
    check_reset(emulator, checks)
    store_together(emulator, samples, first, checks)
    use_client(emulator, samples, checks)
    check_reset(emulator, checks)


if __name__ == "__main__":
    sys.exit(main())
