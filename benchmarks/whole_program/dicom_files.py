"""DICOM files (PS3.10) of nobody: CT slices to send, and a worklist to query."""
import random
import struct

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
ROOT = "2.25.1400"  # made up, as all below it
ROWS = COLUMNS = 512
LONG_FORM = ("OB", "OW", "SQ")  # PS3.5 7.1.2: two reserved bytes and a length of four


def element(tag, vr, value):
    if isinstance(value, str):
        value = value.encode("ascii")
        value += (b"\0" if vr == "UI" else b" ") * (len(value) % 2)
    elif isinstance(value, int):
        value = struct.pack("<H", value)
    head = struct.pack("<HH", tag >> 16, tag & 0xffff) + vr.encode("ascii")
    return head + (struct.pack("<HI", 0, len(value)) if vr in LONG_FORM else struct.pack("<H", len(value))) + value


def data_set(*elements):
    return b"".join(element(*e) for e in elements)


def item(body):
    """PS3.5 7.5: an item of a sequence, its length told."""
    return struct.pack("<HHI", 0xfffe, 0xe000, len(body)) + body


def file(sop_class, sop_instance, body):
    meta = data_set((0x00020001, "OB", b"\0\1"), (0x00020002, "UI", sop_class), (0x00020003, "UI", sop_instance),
                    (0x00020010, "UI", EXPLICIT_LITTLE_ENDIAN), (0x00020012, "UI", ROOT))
    return bytes(128) + b"DICM" + element(0x00020000, "UL", struct.pack("<I", len(meta))) + meta + body


def ct_slice(number, noise):
    instance = f"{ROOT}.1.1.{number + 1}"
    high_bytes = bytes(b & 0x0f for b in range(256))  # 12 bits stored
    pixels = bytearray(noise.randbytes(ROWS * COLUMNS * 2))
    pixels[1::2] = pixels[1::2].translate(high_bytes)
    return file(CT_IMAGE_STORAGE, instance, data_set(
        (0x00080005, "CS", "ISO_IR 100"), (0x00080008, "CS", "ORIGINAL\\PRIMARY\\AXIAL"), (0x00080016, "UI", CT_IMAGE_STORAGE),
        (0x00080018, "UI", instance), (0x00080020, "DA", "20240102"), (0x00080030, "TM", "101112"), (0x00080050, "SH", "ACC1"),
        (0x00080060, "CS", "CT"), (0x00080070, "LO", "BENCH"), (0x00080080, "LO", "Benchmark Hospital"), (0x00080090, "PN", "Referring^Bench"),
        (0x00081030, "LO", "CT CHEST"), (0x0008103e, "LO", "AXIAL 1 MM"), (0x00100010, "PN", "Bench^Nobody"), (0x00100020, "LO", "PID1"),
        (0x00100030, "DA", "19600101"), (0x00100040, "CS", "O"), (0x00180050, "DS", "1.0"), (0x00180060, "DS", "120"),
        (0x00181030, "LO", "CHEST"), (0x0020000d, "UI", f"{ROOT}.1"), (0x0020000e, "UI", f"{ROOT}.1.1"), (0x00200010, "SH", "1"),
        (0x00200011, "IS", "1"), (0x00200013, "IS", str(number + 1)), (0x00200032, "DS", f"-175\\-175\\{number - 300}"),
        (0x00200037, "DS", "1\\0\\0\\0\\1\\0"), (0x00200052, "UI", f"{ROOT}.2"), (0x00280002, "US", 1), (0x00280004, "CS", "MONOCHROME2"),
        (0x00280010, "US", ROWS), (0x00280011, "US", COLUMNS), (0x00280030, "DS", "0.68\\0.68"), (0x00280100, "US", 16),
        (0x00280101, "US", 12), (0x00280102, "US", 11), (0x00280103, "US", 0), (0x00281052, "DS", "-1024"), (0x00281053, "DS", "1"),
        (0x7fe00010, "OW", bytes(pixels))))


def write_study(folder, slices):
    folder.mkdir(parents=True, exist_ok=True)
    noise = random.Random(1)
    for number in range(slices):
        (folder / f"ct{number:04}.dcm").write_bytes(ct_slice(number, noise))


def worklist_entry(number):
    step = data_set((0x00080060, "CS", "CT"), (0x00400001, "AE", "MODALITY0"), (0x00400002, "DA", "20240102"), (0x00400003, "TM", "101112"),
                    (0x00400006, "PN", "Performing^Bench"), (0x00400007, "LO", "CT CHEST"), (0x00400009, "SH", f"SPS{number}"))
    return file("1.2.276.0.7230010.3.1.0.1", f"{ROOT}.3.{number + 1}", data_set(
        (0x00080005, "CS", "ISO_IR 100"), (0x00080050, "SH", f"ACC{number}"), (0x00100010, "PN", f"Bench^Worklist{number}"),
        (0x00100020, "LO", f"PID{number}"), (0x00100030, "DA", "19600101"), (0x00100040, "CS", "F"), (0x0020000d, "UI", f"{ROOT}.4.{number + 1}"),
        (0x00321032, "PN", "Requesting^Bench"), (0x00321060, "LO", "CT CHEST"), (0x00400100, "SQ", item(step)), (0x00401001, "SH", f"RP{number}")))


def write_worklist(folder, entries=20):
    """For wlmscpfs: a folder named for the AE title, with a file to lock."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lockfile").touch()
    for number in range(entries):
        (folder / f"entry{number:02}.wl").write_bytes(worklist_entry(number))
