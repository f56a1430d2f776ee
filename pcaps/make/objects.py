#!/usr/bin/python3
"""objects.py FOLDER: synthetic images, reports, worklist entries. Nobody in here exists.

Every identifying value is distinctive, so that a leak test can look for it: names PLANTED..., ids PLTID..., UIDs under
2.25.31415926. planted.py collects those that reach a capture.
"""
import os
import sys

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

ROOT = '2.25.31415926'
CT, MR, US, DX = '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.5.1.4.1.1.4', '1.2.840.10008.5.1.4.1.1.6.1', '1.2.840.10008.5.1.4.1.1.1.1'
SC, SR, PR = '1.2.840.10008.5.1.4.1.1.7', '1.2.840.10008.5.1.4.1.1.88.11', '1.2.840.10008.5.1.4.1.1.11.1'
RT_DOSE = '1.2.840.10008.5.1.4.1.1.481.2'

# name, number, modality, SOP class, station, objects, rows, patient
STUDIES = [
    ('ct', 1, 'CT', CT, 'CT1', 6, 128, 'ALICE'),
    ('mr', 2, 'MR', MR, 'MR1', 5, 128, 'BASIL'),
    ('us', 3, 'US', US, 'US1', 3, 96, 'CLARA'),
    ('dx', 4, 'DX', DX, 'DX1', 1, 256, 'DORIS'),
    ('prior', 5, 'CT', CT, 'CT2', 4, 64, 'ALICE'),
    ('old', 6, 'MR', MR, 'MR1', 4, 64, 'EMERY'),
]
PATIENTS = {'ALICE': 1, 'BASIL': 2, 'CLARA': 3, 'DORIS': 4, 'EMERY': 5}


def patient(ds, name, number):
    ds.SpecificCharacterSet = 'ISO_IR 100'
    ds.PatientName = 'PLANTED^' + name
    ds.PatientID = 'PLTID%04d' % PATIENTS[name]
    ds.PatientBirthDate = '19010%d01' % PATIENTS[name]
    ds.PatientSex = 'O'
    ds.AccessionNumber = 'PLTACC%04d' % number
    ds.ReferringPhysicianName = 'PLTDOC^REFERRER'
    ds.StudyInstanceUID = '%s%02d1' % (ROOT, number)


def save(ds, path, sop_class, instance):
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, instance
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = sop_class, instance
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = ROOT + '00'
    ds.file_meta, ds.is_little_endian, ds.is_implicit_VR = meta, True, False
    pydicom.dcmwrite(path, ds, write_like_original=False)


def common(study, series, instance):
    name, number, modality, _, station, _, _, who = study
    ds = Dataset()
    patient(ds, who, number)
    ds.StudyDate = ds.SeriesDate = ds.ContentDate = '20240102'
    ds.StudyTime = ds.SeriesTime = ds.ContentTime = '101112'
    ds.Modality, ds.StationName, ds.Manufacturer = modality, station + 'ROOM', 'SYNTHETIC'
    ds.InstitutionName = 'PLTHOSPITAL'
    ds.StudyDescription, ds.SeriesDescription = 'PLTSTUDY ' + name.upper(), 'PLTSERIES %d' % series
    ds.PerformingPhysicianName = 'PLTDOC^PERFORMER'
    ds.StudyID, ds.SeriesNumber, ds.InstanceNumber = 'PLTST%02d' % number, series, instance
    ds.SeriesInstanceUID = '%s%02d2%02d' % (ROOT, number, series)
    return ds


def pixels(ds, rows, colour, seed):
    y, x = np.mgrid[0:rows, 0:rows]
    grey = (2000 * np.exp(-((x - rows / 2) ** 2 + (y - rows / 2 - seed) ** 2) / (rows * 6.0)))
    grey = grey + np.random.default_rng(seed).normal(0, 20, (rows, rows))
    ds.Rows = ds.Columns = rows
    if colour:
        ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, 'RGB', 0
        ds.BitsAllocated = ds.BitsStored = 8
        data = np.repeat((grey.clip(0, 4000) / 16).astype('u1')[:, :, None], 3, 2).tobytes()
    else:
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, 'MONOCHROME2'
        ds.BitsAllocated, ds.BitsStored = 16, 12
        data = grey.clip(0, 4095).astype('<u2').tobytes()
    ds.HighBit, ds.PixelRepresentation = ds.BitsStored - 1, 0
    ds.PixelData = data
    ds['PixelData'].VR = 'OB' if colour else 'OW'


def images(folder, study):
    name, number, _, sop_class, _, count, rows, _ = study
    os.makedirs(os.path.join(folder, name))
    for i in range(1, count + 1):
        ds = common(study, 1, i)
        pixels(ds, rows, name == 'us', i)
        save(ds, '%s/%s/%02d.dcm' % (folder, name, i), sop_class, '%s%02d3%02d' % (ROOT, number, i))


def others(folder):
    """What is not an image, each a file of its own."""
    ct = STUDIES[0]
    ds = common(ct, 8, 1)
    pixels(ds, 64, False, 9)
    ds.Modality, ds.ConversionType = 'OT', 'WSD'
    save(ds, folder + '/sc.dcm', SC, ROOT + '01801')

    ds = common(ct, 9, 1)
    ds.Modality, ds.ContentLabel, ds.PresentationCreationDate, ds.PresentationCreationTime = 'PR', 'PLTLABEL', '20240102', '111213'
    image = Dataset()
    image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = CT, ROOT + '01301'
    series = Dataset()
    series.SeriesInstanceUID, series.ReferencedImageSequence = ROOT + '01201', Sequence([image])
    ds.ReferencedSeriesSequence = Sequence([series])
    save(ds, folder + '/pr.dcm', PR, ROOT + '01901')

    ds = common(ct, 7, 1)
    ds.Modality, ds.ValueType, ds.ContinuityOfContent = 'SR', 'CONTAINER', 'SEPARATE'
    ds.CompletionFlag, ds.VerificationFlag = 'COMPLETE', 'UNVERIFIED'
    text = Dataset()
    text.RelationshipType, text.ValueType, text.TextValue = 'CONTAINS', 'TEXT', 'PLTFINDING nothing to see'
    ds.ContentSequence = Sequence([text])
    save(ds, folder + '/sr.dcm', SR, ROOT + '01701')

    ds = common(ct, 6, 1)
    pixels(ds, 32, False, 3)
    ds.Modality, ds.DoseUnits, ds.DoseType, ds.DoseSummationType = 'RTDOSE', 'GY', 'PHYSICAL', 'PLAN'
    save(ds, folder + '/rtdose.dcm', RT_DOSE, ROOT + '01601')

    with open(folder + '/letter.pdf', 'wb') as pdf:
        pdf.write(b'%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Count 0/Kids[]>>endobj\n'
                  b'trailer<</Root 1 0 R>>\n% PLTLETTER\n%%EOF\n')


def worklist(folder):
    for study in STUDIES[:4]:
        name, number, modality, _, station, _, _, who = study
        ds = Dataset()
        patient(ds, who, number)
        ds.RequestingPhysician, ds.RequestedProcedureDescription = 'PLTDOC^REQUESTER', 'PLTPROC ' + modality
        ds.RequestedProcedureID, ds.AdmissionID = 'PLTRP%04d' % number, 'PLTVISIT%04d' % number
        step = Dataset()
        step.Modality, step.ScheduledStationAETitle = modality, station
        step.ScheduledProcedureStepStartDate, step.ScheduledProcedureStepStartTime = '20240102', '101112'
        step.ScheduledPerformingPhysicianName = 'PLTDOC^PERFORMER'
        step.ScheduledProcedureStepDescription, step.ScheduledProcedureStepID = 'PLTSTEP ' + modality, 'PLTSPS%04d' % number
        ds.ScheduledProcedureStepSequence = Sequence([step])
        save(ds, '%s/%s.wl' % (folder, name), '1.2.276.0.7230010.3.1.0.1', ROOT + '%02d4' % number)


def main():
    folder = sys.argv[1]
    os.makedirs(folder)
    for study in STUDIES:
        images(folder, study)
    others(folder)
    worklist(folder)


main()
