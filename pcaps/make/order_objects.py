#!/usr/bin/python3
"""order_objects.py OBJECT FOLDER: of one small object and nine orders' ways: way-N.dcm and way-N.wl for the worklist."""
import sys

import pydicom

ROOT = '2.25.31415926'


def main():
    source, folder = sys.argv[1:3]
    for number in range(1, 10):
        image = pydicom.dcmread(source)
        image.AccessionNumber, image.PatientID = 'PLTWAY%04d' % number, 'PLTID0001'
        image.StudyInstanceUID = '%s0%d6901' % (ROOT, number)
        image.SeriesInstanceUID = '%s0%d6902' % (ROOT, number)
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = '%s0%d69301' % (ROOT, number)
        image.Rows = image.Columns = 16
        image.PixelData = image.PixelData[:512]
        image.save_as('%s/way-%d.dcm' % (folder, number))

        entry = pydicom.dcmread(folder + '/ct.wl')
        entry.AccessionNumber, entry.StudyInstanceUID = image.AccessionNumber, image.StudyInstanceUID
        entry.RequestedProcedureID = 'PLTRPWAY%d' % number
        entry.ScheduledProcedureStepSequence[0].ScheduledProcedureStepID = 'PLTSPSWAY%d' % number
        entry.file_meta.MediaStorageSOPInstanceUID = '%s0%d694' % (ROOT, number)
        entry.save_as('%s/way-%d.wl' % (folder, number))


main()
