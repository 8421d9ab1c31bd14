#!/usr/bin/env python3
"""Compares what a running emulator transcodes with what pydicom decodes, file by file.

usage: check_transcoding.py URL [FOLDER ...]

URL is that of the emulator, e.g. http://127.0.0.1:8080. Without a FOLDER, pydicom's own files are taken, and those of
the package pydicom-data. Needs, all from PyPI: pydicom pydicom-data numpy pylibjpeg pylibjpeg-libjpeg
pylibjpeg-openjpeg pylibjpeg-rle pyjpegls requests.

Lossless pairs must be equal to the last bit. JPEG may differ by 3 levels in the mean, lossy JPEG 2000 by 0.5.
"""

import collections
import io
import pathlib
import re
import sys
import time
import uuid
import warnings

import numpy
import pydicom
import requests
from pydicom.pixels import convert_color_space, pixel_array
from pydicom.uid import UID

warnings.filterwarnings("ignore")
EXPLICIT, J2K = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.90"
JPEG = {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"}
TOLERANCE = {"1.2.840.10008.1.2.4.50": 3, "1.2.840.10008.1.2.4.51": 3, "1.2.840.10008.1.2.4.91": 0.5}
TOLERANCE["1.2.840.10008.1.2.4.203"] = 0.5


def files(folders):
    if not folders:
        import data_store

        folders = [pathlib.Path(pydicom.__file__).parent / "data", pathlib.Path(data_store.__file__).parent]
    for folder in folders:
        yield from (path for path in sorted(pathlib.Path(folder).rglob("*")) if path.is_file())


def part10(path):
    """The file with identifiers of its own, so that no two are the same instance."""
    dataset = pydicom.dcmread(path)
    raw = path.read_bytes()
    if raw[128:132] != b"DICM":
        raise ValueError("no preamble")
    return dataset, raw


def expected(dataset, raw_syntax):
    """Pixels as the emulator shall give them in explicit VR little endian."""
    pi = dataset.PhotometricInterpretation
    pixels = pixel_array(dataset, raw=True)
    if raw_syntax in JPEG and dataset.SamplesPerPixel == 3 and pi != "RGB":
        if raw_syntax in TOLERANCE:
            pixels = convert_color_space(pixels, "YBR_FULL", "RGB")
    return pixels


def decoded(content):
    dataset = pydicom.dcmread(io.BytesIO(content))
    return dataset, pixel_array(dataset, raw=True)


def attributes(dataset):
    skipped = {"PixelData", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "BitsAllocated", "HighBit"}
    return {
        element.tag: (element.VR, str(element.value) if element.VR == "SQ" else element.value)
        for element in dataset
        if element.keyword not in skipped and element.tag.element != 0 and element.tag.group != 0x7FE0
        # pydicom leaves the words of big endian as they are.
        and element.VR != "OW"
    }


def main():
    url, folders = sys.argv[1].rstrip("/"), sys.argv[2:]
    service = f"{url}/services/t{re.sub('[^a-z]', '', uuid.uuid4().hex)}xx/v2"
    results = collections.defaultdict(collections.Counter)
    times = collections.defaultdict(list)
    failures = []
    for path in files(folders):
        try:
            dataset, raw = part10(path)
            syntax = str(dataset.file_meta.TransferSyntaxUID)
            ids = dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID
        except Exception:
            continue
        name = UID(syntax).name
        body = b"--b\r\nContent-Type: application/dicom\r\n\r\n" + raw + b"\r\n--b--\r\n"
        headers = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b', "Accept": "application/dicom+json"}
        requests.put(f"{service}/studies", data=body, headers=headers)
        instance = "{}/studies/{}/series/{}/instances/{}".format(service, *ids)
        stored = requests.get(instance, headers={"Accept": "application/dicom; transfer-syntax=*"})
        if stored.status_code != 200:
            results[name]["not stored"] += 1
            continue
        dataset = pydicom.dcmread(io.BytesIO(stored.content))
        for target in (EXPLICIT, J2K):
            if target == syntax:
                continue
            begun = time.perf_counter()
            answer = requests.get(instance, headers={"Accept": f"application/dicom; transfer-syntax={target}"})
            times[name, target].append(time.perf_counter() - begun)
            label = "explicit" if target == EXPLICIT else "J2K"
            try:
                reference = expected(dataset, syntax) if "PixelData" in dataset else None
            except Exception as error:
                results[name][f"{label}: pydicom cannot, {answer.status_code}"] += 1
                continue
            if answer.status_code != 200:
                results[name][f"{label}: {answer.status_code}"] += 1
                failures.append(f"{path.name}: {name} to {label}: {answer.status_code} {answer.text} {dataset.get('PhotometricInterpretation')} {dataset.get('BitsAllocated')}")
                continue
            try:
                if reference is None:
                    difference = 0
                    after = pydicom.dcmread(io.BytesIO(answer.content))
                else:
                    after, pixels = decoded(answer.content)
                    colour = dataset.PhotometricInterpretation
                    if target == J2K and colour.startswith("YBR_FULL") and after.PhotometricInterpretation == "YBR_RCT" and syntax not in JPEG:
                        reference = convert_color_space(reference, "YBR_FULL", "RGB")
                    difference = numpy.abs(pixels.astype("int64") - reference.astype("int64")).mean()
            except Exception as error:
                failures.append(f"{path.name}: {name} to {label}: {error!r}")
                results[name][f"{label}: unreadable"] += 1
                continue
            before, now = attributes(dataset), attributes(after)
            if before != now:
                changed = [str(tag) for tag in before.keys() | now.keys() if before.get(tag) != now.get(tag)]
                failures.append(f"{path.name}: {name} to {label}: attributes differ: {changed[:5]}")
                results[name][f"{label}: attributes differ"] += 1
            tolerance = TOLERANCE.get(syntax, 0)
            if target == J2K and dataset.get("PhotometricInterpretation", "").startswith("YBR_FULL"):
                tolerance = max(tolerance, 0.6)
            kind = "exact" if difference == 0 else "within" if difference <= tolerance else "WRONG"
            results[name][f"{label}: {kind}"] += 1
            if kind == "WRONG":
                failures.append(f"{path.name}: {name} to {label}: differs by {difference:.3f} {dataset.PhotometricInterpretation}")
    for name in sorted(results):
        print(name)
        for result, count in sorted(results[name].items()):
            print(f"    {count:4} {result}")
        for target in (EXPLICIT, J2K):
            if times[name, target]:
                print(f"         {1000 * sum(times[name, target]) / len(times[name, target]):.0f} ms a file to {target}")
    print(*failures, sep="\n")
    sys.exit(any("WRONG" in result for counter in results.values() for result in counter))


if __name__ == "__main__":
    main()
