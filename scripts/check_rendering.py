#!/usr/bin/env python3
"""Compares what a running emulator draws with a renderer of numpy and pydicom's own functions, file by file.

usage: check_rendering.py URL [FOLDER ...]

URL is that of the emulator, e.g. http://127.0.0.1:8080. Without a FOLDER, pydicom's own files are taken, and those of
the package pydicom-data. Needs what check_transcoding.py needs, and pillow.

The first and the last frame are drawn as PNG. No level may be off by more than one; in files of lossy JPEG, whose decoders
differ, by more than three in the mean.
"""

import collections
import io
import re
import sys
import time
import uuid

import numpy
import pydicom
import requests
from PIL import Image
from pydicom.pixels import (
    apply_color_lut,
    apply_modality_lut,
    apply_voi,
    apply_windowing,
    convert_color_space,
    pixel_array,
)
from pydicom.uid import UID

from check_transcoding import TOLERANCE, files, part10

# Angiography: its modality table is not for display.
WITHOUT_MODALITY_TABLE = {f"1.2.840.10008.5.1.4.1.1.12.{number}" for number in (1, 2, 3)}


def stored_values(dataset, index):
    """The values of a grey frame or of indices: only the bits that are stored count."""
    cells = pixel_array(dataset, raw=True, index=index).astype("int64")
    stored = dataset.get("BitsStored", dataset.BitsAllocated)
    shift = dataset.get("HighBit", stored - 1) + 1 - stored
    values = (cells >> shift) & ((1 << stored) - 1)
    if dataset.get("PixelRepresentation", 0) == 1:
        values = numpy.where(values >> (stored - 1) & 1, values - (1 << stored), values)
    return values


def modality(dataset, values):
    if "ModalityLUTSequence" in dataset and dataset.SOPClassUID in WITHOUT_MODALITY_TABLE:
        return values.astype("float64")
    if dataset.get("ModalityLUTSequence"):
        return apply_modality_lut(values, dataset).astype("float64")
    return values * float(dataset.get("RescaleSlope") or 1) + float(dataset.get("RescaleIntercept") or 0)


def first_of(value):
    return float(value[0]) if isinstance(value, (list, pydicom.multival.MultiValue)) else float(value)


def range_window(dataset):
    """The window that fits the image: what the attributes say of its range, else that of the first frame."""
    low, high = dataset.get("SmallestImagePixelValue"), dataset.get("LargestImagePixelValue")
    if isinstance(low, int) and isinstance(high, int) and low < high:
        return (high + low) / 2, high - low
    values = stored_values(dataset, 0)
    padding = dataset.get("PixelPaddingValue")
    if padding is not None:
        values = values[values != padding]
    ends = modality(dataset, numpy.array([values.min(), values.max()] if values.size else [0, 0]))
    return ends.mean(), max(1.0, abs(ends[1] - ends[0]))


def grey(dataset, index):
    values = modality(dataset, stored_values(dataset, index))
    if dataset.get("VOILUTSequence"):
        item = dataset.VOILUTSequence[0]
        data = item.LUTData
        entries = numpy.frombuffer(data, "<u2") if isinstance(data, bytes) else numpy.asarray(data)
        first, last = float(entries[0]), float(entries[int(item.LUTDescriptor[0] or 65536) - 1])
        levels = (apply_voi(values.astype("int64"), dataset) - first) / (last - first) * 255
    else:
        settings = pydicom.Dataset()
        width = dataset.get("WindowWidth")
        if width not in (None, "") and first_of(width) >= 1 and dataset.get("WindowCenter") not in (None, ""):
            settings.WindowCenter, settings.WindowWidth = first_of(dataset.WindowCenter), first_of(width)
        else:
            settings.WindowCenter, settings.WindowWidth = (repr(float(number))[:16] for number in range_window(dataset))
        if float(settings.WindowWidth) == 1 and (dataset.get("VOILUTFunction") or "LINEAR") == "LINEAR":
            # The service lets through what the standard takes for the edge: a flat image is white.
            levels = numpy.where(values < float(settings.WindowCenter) - 0.5, 0, 255).astype("uint8")
            return numpy.stack([255 - levels if dataset.PhotometricInterpretation == "MONOCHROME1" else levels] * 3, axis=-1)
        settings.VOILUTFunction = dataset.get("VOILUTFunction") or "LINEAR"
        settings.PhotometricInterpretation = "MONOCHROME2"
        settings.BitsStored, settings.PixelRepresentation = 16, 0
        # What lies far outside of the window shows what is black and what is white.
        outside = numpy.append(values.ravel(), [-1e12, 1e12])
        levels = apply_windowing(outside, settings)
        black, white = levels[-2:]
        levels = ((levels[:-2] - black) / (white - black) * 255).reshape(values.shape)
    levels = numpy.clip(levels, 0, 255).astype("uint8")
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        levels = 255 - levels
    return numpy.stack([levels] * 3, axis=-1)


def with_swapped_tables(dataset):
    """The data set with tables in little endian: pydicom leaves the words of big endian as they are."""
    swapped = dataset.copy()
    for name in ("Red", "Green", "Blue"):
        keyword = f"{name}PaletteColorLookupTableData"
        if dataset.get(keyword) and dataset[keyword].VR == "OW":
            setattr(swapped, keyword, numpy.frombuffer(dataset[keyword].value, "<u2").byteswap().tobytes())
    return swapped


def colour(dataset, index):
    kind = dataset.PhotometricInterpretation
    if kind == "PALETTE COLOR":
        if dataset.original_encoding == (False, False):
            dataset = with_swapped_tables(dataset)
        colours = apply_color_lut(stored_values(dataset, index), dataset)
        return (colours >> 8 if colours.dtype == "uint16" else colours).astype("uint8")
    pixels = pixel_array(dataset, raw=True, index=index)
    if kind.startswith("YBR_FULL"):
        return convert_color_space(pixels, "YBR_FULL", "RGB")
    return (pixels >> max(0, dataset.BitsStored - 8)).astype("uint8") if pixels.dtype != "uint8" else pixels


def draw_overlays(dataset, picture, number):
    for group in range(0x6000, 0x6020, 2):
        kind = dataset.get((group, 0x0040))
        if kind is None or kind.value != "G" or not dataset.get((group, 0x3000)):
            continue
        frames, origin = dataset.get((group, 0x0015)), dataset.get((group, 0x0051))
        index = number - (int(origin.value) if origin else 1)
        if not 0 <= index < (int(frames.value) if frames else 1):
            continue
        bits = dataset.overlay_array(group)
        bits = bits[index] if bits.ndim == 3 else bits
        row, column = (value - 1 for value in dataset[group, 0x0050].value)
        for r, c in zip(*numpy.nonzero(bits)):
            if 0 <= r + row < picture.shape[0] and 0 <= c + column < picture.shape[1]:
                picture[r + row, c + column, [0, 2]] = 255


def expected(dataset, number):
    if dataset.PhotometricInterpretation.startswith("MONOCHROME"):
        picture = grey(dataset, number - 1)
    else:
        picture = numpy.array(colour(dataset, number - 1))
    draw_overlays(dataset, picture, number)
    return picture


def main():
    url, folders = sys.argv[1].rstrip("/"), sys.argv[2:]
    service = f"{url}/services/r{re.sub('[^a-z]', '', uuid.uuid4().hex)}xx/v2"
    results, times, remarks = collections.defaultdict(collections.Counter), collections.defaultdict(list), []
    for path in files(folders):
        try:
            dataset, raw = part10(path)
            syntax = str(dataset.file_meta.TransferSyntaxUID)
            ids = dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID
            kind, last = dataset.PhotometricInterpretation, int(dataset.get("NumberOfFrames") or 1)
        except Exception:
            continue
        headers = {"Content-Type": "application/dicom", "Accept": "application/dicom+json"}
        requests.put(f"{service}/studies", data=raw, headers=headers)
        instance = "{}/studies/{}/series/{}/instances/{}".format(service, *ids)
        if requests.get(instance, headers={"Accept": "application/dicom; transfer-syntax=*"}).status_code != 200:
            results[kind]["not stored"] += 1
            continue
        for number in sorted({1, last}):
            begun = time.perf_counter()
            answer = requests.get(f"{instance}/frames/{number}/rendered", headers={"Accept": "image/png"})
            times[kind].append(time.perf_counter() - begun)
            name = f"{path.name} frame {number}: {UID(syntax).name}, {kind}, {dataset.get('BitsAllocated')} bits"
            try:
                reference = expected(dataset, number)
            except Exception as error:
                results[kind][f"pydicom cannot, {answer.status_code}"] += 1
                remarks.append(f"{name}: {answer.status_code}, pydicom: {error!r:.100}")
                continue
            if answer.status_code != 200:
                results[kind][str(answer.status_code)] += 1
                remarks.append(f"{name}: {answer.status_code}")
                continue
            picture = numpy.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB")).astype("int64")
            if picture.shape != reference.shape:
                results[kind]["WRONG size"] += 1
                remarks.append(f"{name}: {picture.shape}, expected {reference.shape}")
                continue
            difference = numpy.abs(picture - reference.astype("int64"))
            is_well = difference.max() <= 1 or (syntax in TOLERANCE and difference.mean() <= 3)
            verdict = "equal" if difference.max() == 0 else "within" if is_well else "WRONG"
            results[kind][verdict] += 1
            if not is_well:
                remarks.append(f"{name}: differs by {difference.max()} at most, {difference.mean():.3f} in the mean")
    for kind in sorted(results):
        print(kind, dict(sorted(results[kind].items())), f"{1000 * sum(times[kind]) / max(1, len(times[kind])):.0f} ms a frame")
    print(*remarks, sep="\n")
    sys.exit(any("WRONG" in result for counter in results.values() for result in counter))


if __name__ == "__main__":
    main()
