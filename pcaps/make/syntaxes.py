#!/usr/bin/python3
"""syntaxes.py OBJECTS: one small object in each transfer syntax, OBJECTS/syntaxes/UID.dcm.

DCMTK and GDCM encode what they can. For the rest no encoder is at hand: the data set is true, its encapsulated pixel data is
INVENTED bytes, which no peer here looks into.
"""
import os
import subprocess
import sys

import pydicom
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEGBaseline8Bit

ROOT = '2.25.31415926'
BASE = '1.2.840.10008.1.2'
JPEG = BASE + '.4.'
# Made by a tool: from an object of 16 bits, or of colour.
MADE = {
    BASE: ('ct', 'dcmconv', '+ti'), BASE + '.1': ('ct', 'dcmconv', '+te'), BASE + '.2': ('ct', 'dcmconv', '+tb'),
    BASE + '.1.99': ('ct', 'dcmconv', '+td'), BASE + '.5': ('us', 'dcmcrle'),
    JPEG + '50': ('us', 'dcmcjpeg', '+eb', '+un'), JPEG + '51': ('ct', 'dcmcjpeg', '+ee', '+un'), JPEG + '53': ('us', 'dcmcjpeg', '+es', '+un'),
    JPEG + '55': ('us', 'dcmcjpeg', '+ep', '+un'), JPEG + '57': ('ct', 'dcmcjpeg', '+el'), JPEG + '70': ('ct', 'dcmcjpeg', '+e1'),
    JPEG + '80': ('ct', 'dcmcjpls', '+el'), JPEG + '81': ('ct', 'dcmcjpls', '+en', '+un'),
    JPEG + '90': ('ct', 'gdcmconv', '--j2k'), JPEG + '91': ('ct', 'gdcmconv', '--j2k', '--lossy', '-q', '40'),
}
# Invented: retired JPEG processes, JPEG 2000 part 2, MPEG-2, H.264, HEVC (DCMTK 3.6.7 knows their names).
KNOWN = [JPEG + n for n in '52 54 56 58 59 60 61 62 63 64 65 66 92 93 100 101 102 103 104 105 106 107 108'.split()]
# Invented: JPEG XL, HTJ2K, fragmentable video, encapsulated uncompressed, deflated frames (DCMTK 3.6.7 does not know them).
LATER = [JPEG + n for n in '110 111 112 201 202 203 100.1 101.1 102.1 103.1 104.1 105.1 106.1'.split()] + [BASE + '.1.98', BASE + '.8.1']
# No pixel data: the pixels are at a URL. Their deflated sisters, 95 and 205, no implementation here sends; nor GE's private one.
REFERENCED = [JPEG + n for n in '94 204'.split()]


def small(folder, kind):
    """A 32 by 32 cutout, so that forty of them stay small."""
    ds = pydicom.dcmread(f'{folder}/{kind}/01.dcm')
    array = ds.pixel_array[:32, :32].copy()
    ds.Rows = ds.Columns = 32
    ds.PixelData = array.tobytes()
    return ds


def write(ds, path, number, syntax, as_if=None):
    """as_if: a transfer syntax that pydicom knows and that is encoded alike; the file names the other one all the same."""
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f'{ROOT}01{number:03d}'
    ds.InstanceNumber = number
    ds.file_meta.TransferSyntaxUID = UID(as_if or syntax)
    ds.is_implicit_VR, ds.is_little_endian = False, True
    pydicom.dcmwrite(path, ds, write_like_original=False)
    if as_if:
        with open(path, 'rb') as file:
            file.seek(132)
            whole = file.read()
        ds.file_meta.TransferSyntaxUID = UID(syntax)
        with open(path, 'wb') as file:
            file.write(bytes(128) + b'DICM')
            pydicom.filewriter.write_file_meta_info(file, ds.file_meta)
            file.write(whole[12 + int.from_bytes(whole[8:12], 'little'):])


def invented(ds, number):
    """Two fragments; what a decoder would want is not there."""
    ds.PixelData = encapsulate([b'INVENTED PIXEL DATA %03d ' % number * 20, b'INVENTED PIXEL DATA %03d ' % number * 7])
    ds['PixelData'].VR, ds['PixelData'].is_undefined_length = 'OB', True
    ds.NumberOfFrames = 2


def referenced(ds):
    del ds.PixelData
    ds.PixelDataProviderURL = 'http://10.20.20.10/jpip?target=PLTTARGET'


def main():
    folder = sys.argv[1]
    os.makedirs(f'{folder}/syntaxes')
    for number, (syntax, (kind, *command)) in enumerate(MADE.items(), 500):
        path = f'{folder}/syntaxes/{syntax}.dcm'
        write(small(folder, kind), path + '.raw', number, BASE + '.1')
        subprocess.run([*command, path + '.raw', path], check=True)
        os.remove(path + '.raw')
        made = pydicom.dcmread(path)
        if made.SOPInstanceUID != f'{ROOT}01{number:03d}':          # gdcmconv gives lossy pixels a name of their own
            write(made, path, number, syntax)
    for number, syntax in enumerate(KNOWN + LATER + REFERENCED, 600):
        path = f'{folder}/syntaxes/{syntax}.dcm'
        ds = small(folder, 'us')
        referenced(ds) if syntax in REFERENCED else invented(ds, number)
        if syntax in REFERENCED:
            write(ds, path, number, syntax, ExplicitVRLittleEndian)
        else:
            write(ds, path, number, syntax, JPEGBaseline8Bit)


main()
