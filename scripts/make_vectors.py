#!/usr/bin/env python3
"""Makes the small compressed files of tests/data/transcoding, and beside each what a decoder that is not ours makes of it.

Needs, all from PyPI: pydicom numpy pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg pylibjpeg-rle pyjpegls pillow. Run it from the root of the repository.
"""

import io
import pathlib

import jpeg_ls
import numpy
import PIL.Image
import pydicom
from openjpeg.utils import encode_array
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate

OUT = pathlib.Path("tests/data/transcoding")
ROWS, COLUMNS = 33, 37
EXPLICIT = "1.2.840.10008.1.2.1"


def grey(bits, signed=False, frames=1):
    """A gradient with flat regions, noise, and the extremes."""
    random = numpy.random.default_rng(bits)
    low = -(1 << (bits - 1)) if signed else 0
    high = low + (1 << bits) - 1
    image = numpy.linspace(low, high, ROWS * COLUMNS * frames).reshape(frames, ROWS, COLUMNS)
    image[:, 4:9, 3:20] = (low + high) // 2
    image[:, 12:15] += random.integers(-9, 9, (frames, 3, COLUMNS))
    image[:, 0, :2] = low, high
    kind = ("int" if signed else "uint") + ("8" if bits <= 8 else "16")
    image = numpy.clip(image, low, high).astype(kind)
    return image if frames > 1 else image[0]


def colour():
    red = grey(8)
    return numpy.stack([red, red[::-1], red[:, ::-1]], axis=-1)


def dataset(name, pixels, bits, photometric, planar=0):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.3680043.8.498.{sum(name.encode())}.{len(name)}"
    meta.TransferSyntaxUID = EXPLICIT
    made = FileDataset(None, {}, file_meta=meta, preamble=bytes(128))
    made.SOPClassUID, made.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    made.StudyInstanceUID, made.SeriesInstanceUID = made.SOPInstanceUID + ".1", made.SOPInstanceUID + ".2"
    made.Modality, made.PatientID = "OT", "VECTOR"
    made.SamplesPerPixel = 3 if pixels.shape[-1] == 3 else 1
    made.PhotometricInterpretation = photometric
    if made.SamplesPerPixel == 3:
        made.PlanarConfiguration = planar
    if pixels.ndim == 3 and made.SamplesPerPixel == 1:
        made.NumberOfFrames = len(pixels)
    made.Rows, made.Columns = ROWS, COLUMNS
    made.BitsAllocated = 8 * pixels.dtype.itemsize
    made.BitsStored, made.HighBit = bits, bits - 1
    made.PixelRepresentation = int(pixels.dtype.kind == "i")
    made.PixelData = pixels.tobytes() + bytes(pixels.nbytes % 2)
    made["PixelData"].VR = "OW" if made.BitsAllocated > 8 else "OB"
    return made


def save(name, made, expected):
    made.save_as(OUT / f"{name}.dcm", enforce_file_format=True)
    (OUT / f"{name}.raw").write_bytes(expected.tobytes())


def encapsulated(name, pixels, bits, photometric, syntax, frames, expected=None, planar=0):
    made = dataset(name, pixels, bits, photometric, planar)
    made.file_meta.TransferSyntaxUID = syntax
    made.PixelData = encapsulate(frames)
    made["PixelData"].VR = "OB"
    made["PixelData"].is_undefined_length = True
    save(name, made, pixels if expected is None else expected)


def by_pydicom(name, pixels, bits, photometric, syntax, planar=0):
    made = dataset(name, pixels, bits, photometric)
    plugin = {"1.2.840.10008.1.2.5": "pydicom", "1.2.840.10008.1.2.4.80": "pyjpegls"}.get(syntax, "pylibjpeg")
    made.compress(syntax, encoding_plugin=plugin, generate_instance_uid=False)
    save(name, made, pixels)


def jpeg_ls_colour(name, interleave, near=0):
    image = colour()
    source = image.transpose(2, 0, 1).copy() if interleave == 0 else image
    stream = jpeg_ls.encode_array(source, lossy_error=near, interleave_mode=interleave)
    decoded = jpeg_ls.decode_buffer(bytes(stream))
    decoded = numpy.frombuffer(decoded[0], "uint8")
    if interleave == 0:
        decoded = decoded.reshape(3, ROWS, COLUMNS).transpose(1, 2, 0)
    decoded = decoded.reshape(ROWS, COLUMNS, 3)
    assert abs(decoded.astype(int) - image).max() <= near
    syntax = "1.2.840.10008.1.2.4.81" if near else "1.2.840.10008.1.2.4.80"
    encapsulated(name, image, 8, "RGB", syntax, [bytes(stream)], decoded.copy())


def jpeg_ls_near(name, bits, near):
    image = grey(bits)
    stream = bytes(jpeg_ls.encode_array(image, lossy_error=near))
    decoded = numpy.frombuffer(jpeg_ls.decode_buffer(stream)[0], image.dtype).reshape(image.shape)
    encapsulated(name, image, bits, "MONOCHROME2", "1.2.840.10008.1.2.4.81", [stream], decoded)


def jpeg(name, pixels, photometric, syntax, **options):
    out = io.BytesIO()
    PIL.Image.fromarray(pixels).save(out, "JPEG", quality=95, **options)
    made = numpy.asarray(PIL.Image.open(io.BytesIO(out.getvalue())))
    encapsulated(name, pixels, 8, photometric, syntax, [out.getvalue()], made)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    rle, ls, j2k = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90"
    by_pydicom("rle_grey_8", grey(8), 8, "MONOCHROME2", rle)
    by_pydicom("rle_grey_16_signed_3_frames", grey(16, True, 3), 16, "MONOCHROME2", rle)
    by_pydicom("rle_rgb", colour(), 8, "RGB", rle)
    by_pydicom("jpeg_ls_grey_8", grey(8), 8, "MONOCHROME2", ls)
    by_pydicom("jpeg_ls_grey_12", grey(12), 12, "MONOCHROME2", ls)
    by_pydicom("jpeg_ls_grey_16", grey(16), 16, "MONOCHROME2", ls)
    for interleave in range(3):
        jpeg_ls_colour(f"jpeg_ls_rgb_interleave_{interleave}", interleave)
    jpeg_ls_colour("jpeg_ls_rgb_near_3", 2, 3)
    jpeg_ls_near("jpeg_ls_grey_8_near_2", 8, 2)
    jpeg_ls_near("jpeg_ls_grey_12_near_5", 12, 5)
    by_pydicom("j2k_grey_8", grey(8), 8, "MONOCHROME2", j2k)
    by_pydicom("j2k_grey_12_signed_2_frames", grey(12, True, 2), 12, "MONOCHROME2", j2k)
    stream = encode_array(colour(), photometric_interpretation=1, use_mct=True)
    encapsulated("j2k_rct", colour(), 8, "YBR_RCT", j2k, [stream])
    jpeg("jpeg_baseline_grey", grey(8), "MONOCHROME2", "1.2.840.10008.1.2.4.50")
    jpeg("jpeg_baseline_ybr", colour(), "YBR_FULL", "1.2.840.10008.1.2.4.50", subsampling=0)
    implicit = dataset("implicit", grey(16, True, 2), 16, "MONOCHROME2")
    implicit.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2"
    save("implicit", implicit, grey(16, True, 2))
    deflated = dataset("deflated", colour(), 8, "RGB")
    deflated.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    save("deflated", deflated, colour())
    big = dataset("big_endian", grey(16), 16, "MONOCHROME2")
    big.PixelData = grey(16).astype(">u2").tobytes()
    big.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.2"
    options = {"implicit_vr": False, "little_endian": False, "force_encoding": True}
    pydicom.dcmwrite(OUT / "big_endian.dcm", big, **options)
    (OUT / "big_endian.raw").write_bytes(grey(16).tobytes())


if __name__ == "__main__":
    main()
