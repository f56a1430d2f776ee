#!/usr/bin/python3
"""contents_objects.py FOLDER: made of objects.py's, in FOLDER/contents: the same instance with another header and with other pixels, an
object whose device tells all of itself, a document that is a program. In FOLDER: worklist entries that have a status."""
import glob
import os
import sys

import pydicom
from pydicom.dataset import Dataset


def read(path):
    return pydicom.dcmread(path)


def main():
    folder = sys.argv[1]
    out = folder + '/contents'
    os.makedirs(out)

    coerced = read(folder + '/ct/01.dcm')
    coerced.PatientName, coerced.StudyDescription = 'PLANTED^ALICE^COERCED', 'PLTSTUDY COERCED'
    coerced.save_as(out + '/coerced.dcm')

    retouched = read(folder + '/ct/01.dcm')
    pixels = bytearray(retouched.PixelData)
    pixels[len(pixels) // 2] ^= 1
    retouched.PixelData = bytes(pixels)
    retouched.save_as(out + '/retouched.dcm')

    known = read(folder + '/mr/01.dcm')
    known.ManufacturerModelName, known.SoftwareVersions, known.NumberOfFrames = 'SYNTHETIC ONE', ['7.1', '7.2'], 1
    known.InstanceCreationDate, known.InstanceCreationTime, known.TimezoneOffsetFromUTC = '20240102', '101112', '+0100'
    known.PatientIdentityRemoved, known.DeidentificationMethod, known.BurnedInAnnotation = 'YES', 'PLTMETHOD', 'NO'
    known.save_as(out + '/known.dcm')

    program = Dataset()
    program.update({e.tag: e for e in known if e.tag.group < 0x28})
    program.file_meta, program.is_little_endian, program.is_implicit_VR = known.file_meta, True, False
    program.SOPClassUID = program.file_meta.MediaStorageSOPClassUID = '1.2.840.10008.5.1.4.1.1.104.1'
    program.SOPInstanceUID = program.file_meta.MediaStorageSOPInstanceUID = known.SOPInstanceUID[:-4] + '9801'
    program.Modality, program.DocumentTitle = 'DOC', 'PLTLETTER'
    program.EncapsulatedDocument, program.MIMETypeOfEncapsulatedDocument = b'MZ\x90\0PLTPROGRAM' + bytes(50), 'application/pdf'
    pydicom.dcmwrite(out + '/program.dcm', program, write_like_original=False)

    for path in glob.glob(folder + '/*.wl'):
        entry = read(path)
        entry.ScheduledProcedureStepSequence[0].ScheduledProcedureStepStatus = 'SCHEDULED'
        entry.save_as(path)


main()
