"""Writes DICOM series of a CT, and reads them with SimpleITK: answers a line of JSON on standard output for each on standard input.

    {"write": FOLDER, "syntax": "native" | "jpeg2000", "ct": NIFTI}   -> {"files": N}
    {"read": FOLDER}                                                  -> {"ms", "cpu_ms", "sum", "shape"}
"""
import json
import os
import resource
import sys
import time

import nibabel
import numpy as np
import pydicom
import SimpleITK
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, JPEG2000Lossless, generate_uid

INTERCEPT = -1024


def write(folder, syntax, ct):
    voxels = np.asarray(nibabel.load(ct).dataobj)
    study, series, frame = (generate_uid() for _ in range(3))
    os.makedirs(folder)
    for k in range(voxels.shape[2]):
        d = Dataset()
        d.file_meta = FileMetaDataset()
        d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        d.SOPClassUID = d.file_meta.MediaStorageSOPClassUID = CTImageStorage
        d.SOPInstanceUID = d.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        d.StudyInstanceUID, d.SeriesInstanceUID, d.FrameOfReferenceUID = study, series, frame
        d.PatientName, d.PatientID, d.Modality, d.InstanceNumber = "Bench", "1", "CT", k + 1
        d.ImagePositionPatient, d.ImageOrientationPatient = [0, 0, 1.5 * k], [1, 0, 0, 0, 1, 0]
        d.PixelSpacing, d.SliceThickness = [0.8, 0.8], 1.5
        d.Rows, d.Columns = voxels.shape[1], voxels.shape[0]
        d.SamplesPerPixel, d.PhotometricInterpretation = 1, "MONOCHROME2"
        d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 16, 15, 1
        d.RescaleSlope, d.RescaleIntercept = 1, INTERCEPT
        # HU as stored values of a scanner: never below 0.
        real = np.clip(voxels[:, :, k].T.astype(np.int32), INTERCEPT, 32767 + INTERCEPT)
        d.PixelData = np.ascontiguousarray((real - INTERCEPT).astype("<i2")).tobytes()
        d["PixelData"].VR = "OW"
        if syntax == "jpeg2000":
            d.compress(JPEG2000Lossless)
        pydicom.dcmwrite(os.path.join(folder, f"{k:04}.dcm"), d, enforce_file_format=True)
    return {"files": voxels.shape[2]}


def read(folder):
    begun, busy = time.perf_counter(), processor()
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(folder))
    image = reader.Execute()
    took = {"ms": 1000 * (time.perf_counter() - begun), "cpu_ms": 1000 * (processor() - busy)}
    voxels = SimpleITK.GetArrayViewFromImage(image)
    return {**took, "sum": int(voxels.sum(dtype=np.int64)), "shape": list(image.GetSize())}


def processor():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


for line in sys.stdin:
    asked = json.loads(line)
    answer = read(asked["read"]) if "read" in asked else write(asked["write"], asked["syntax"], asked["ct"])
    print(json.dumps(answer), flush=True)
