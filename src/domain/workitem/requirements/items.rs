//! The items of the sequences of a workitem that have rules of their own (PS3.4 table CC.2.5-3 and its macros).

use super::{
    Attribute,
    Rule::{Absent, NonEmpty, Present, Value},
    attribute,
};

pub(super) const UPS_CONTENT: &[Attribute] = &[
    attribute(0x0040_A040, Value, Value),                       // ValueType
    attribute(0x0040_A043, Value, Value).items(UPS_CODE),       // ConceptNameCodeSequence
    attribute(0x0040_A120, NonEmpty, NonEmpty),                 // DateTime
    attribute(0x0040_A121, NonEmpty, NonEmpty),                 // Date
    attribute(0x0040_A122, NonEmpty, NonEmpty),                 // Time
    attribute(0x0040_A123, NonEmpty, NonEmpty),                 // PersonName
    attribute(0x0040_A124, NonEmpty, NonEmpty),                 // UID
    attribute(0x0040_A160, NonEmpty, NonEmpty),                 // TextValue
    attribute(0x0040_A168, NonEmpty, NonEmpty).items(UPS_CODE), // ConceptCodeSequence
    attribute(0x0040_A30A, NonEmpty, NonEmpty),                 // NumericValue
    attribute(0x0040_08EA, NonEmpty, NonEmpty).items(UPS_CODE), // MeasurementUnitsCodeSequence
];

pub(super) const UPS_CODE: &[Attribute] = &[
    attribute(0x0008_0100, NonEmpty, NonEmpty), // CodeValue
    attribute(0x0008_0102, NonEmpty, NonEmpty), // CodingSchemeDesignator
    attribute(0x0008_0103, NonEmpty, NonEmpty), // CodingSchemeVersion
    attribute(0x0008_0104, Value, Value),       // CodeMeaning
    attribute(0x0008_0119, NonEmpty, NonEmpty), // LongCodeValue
    attribute(0x0008_0120, NonEmpty, NonEmpty), // URNCodeValue
    attribute(0x0008_0105, NonEmpty, NonEmpty), // MappingResource
    attribute(0x0008_0118, NonEmpty, NonEmpty), // MappingResourceUID
    attribute(0x0008_0106, NonEmpty, NonEmpty), // ContextGroupVersion
    attribute(0x0008_010B, NonEmpty, NonEmpty), // ContextGroupExtensionFlag
    attribute(0x0008_0107, NonEmpty, NonEmpty), // ContextGroupLocalVersion
    attribute(0x0008_010D, NonEmpty, NonEmpty), // ContextGroupExtensionCreatorUID
];

pub(super) const SCHED_PERFORMER: &[Attribute] = &[
    attribute(0x0040_4009, Value, Value).items(UPS_CODE), // HumanPerformerCodeSequence
    attribute(0x0040_4037, Value, Value),                 // HumanPerformerName
    attribute(0x0040_4036, Value, Value),                 // HumanPerformerOrganization
];

pub(super) const REF_INST: &[Attribute] = &[
    attribute(0x0040_E020, Value, Value),                         // TypeOfInstances
    attribute(0x0020_000D, NonEmpty, NonEmpty),                   // StudyInstanceUID
    attribute(0x0020_000E, NonEmpty, NonEmpty),                   // SeriesInstanceUID
    attribute(0x0008_1199, Value, Value).items(REF_SOP),          // ReferencedSOPSequence
    attribute(0x0040_E021, NonEmpty, NonEmpty).items(RET_DICOM),  // DICOMRetrievalSequence
    attribute(0x0040_E022, NonEmpty, NonEmpty).items(RET_MEDIA),  // DICOMMediaRetrievalSequence
    attribute(0x0040_E023, NonEmpty, NonEmpty).items(RET_WADO),   // WADORetrievalSequence
    attribute(0x0040_E024, NonEmpty, NonEmpty).items(RET_XDS),    // XDSRetrievalSequence
    attribute(0x0040_E025, NonEmpty, NonEmpty).items(RET_WADORS), // WADORSRetrievalSequence
];

pub(super) const OUT_DEST: &[Attribute] = &[
    attribute(0x0008_1150, NonEmpty, NonEmpty), // ReferencedSOPClassUID
    attribute(0x0040_4071, NonEmpty, NonEmpty).items(DEST_DICOM), // DICOMStorageSequence
    attribute(0x0040_4072, NonEmpty, NonEmpty).items(DEST_STOW), // STOWRSStorageSequence
    attribute(0x0040_4074, NonEmpty, NonEmpty).items(DEST_XDS), // XDSStorageSequence
];

pub(super) const PID_QUALIFIER: &[Attribute] = &[
    attribute(0x0040_0032, Present, Present),                 // UniversalEntityID
    attribute(0x0040_0033, NonEmpty, NonEmpty),               // UniversalEntityIDType
    attribute(0x0040_0035, Present, Present),                 // IdentifierTypeCode
    attribute(0x0040_0036, Present, Present).items(HL7_ID),   // AssigningFacilitySequence
    attribute(0x0040_0039, Present, Present).items(UPS_CODE), // AssigningJurisdictionCodeSequence
    attribute(0x0040_003A, Present, Present).items(UPS_CODE), // AssigningAgencyOrDepartmentCodeSequence
];

pub(super) const OTHER_PID: &[Attribute] = &[
    attribute(0x0010_0020, Value, Value),                         // PatientID
    attribute(0x0010_0021, Present, Absent),                      // IssuerOfPatientID
    attribute(0x0010_0024, Present, Absent).items(PID_QUALIFIER), // IssuerOfPatientIDQualifiersSequence
    attribute(0x0010_0022, NonEmpty, NonEmpty),                   // TypeOfPatientID
];

pub(super) const HL7_ID: &[Attribute] = &[
    attribute(0x0040_0031, NonEmpty, NonEmpty), // LocalNamespaceEntityID
    attribute(0x0040_0032, NonEmpty, NonEmpty), // UniversalEntityID
    attribute(0x0040_0033, NonEmpty, NonEmpty), // UniversalEntityIDType
];

pub(super) const REQUEST: &[Attribute] = &[
    attribute(0x0020_000D, Value, Value),                       // StudyInstanceUID
    attribute(0x0008_0050, Present, Present),                   // AccessionNumber
    attribute(0x0008_0051, Present, Present).items(HL7_ID),     // IssuerOfAccessionNumberSequence
    attribute(0x0040_2016, NonEmpty, NonEmpty),                 // PlacerOrderNumberImagingServiceRequest
    attribute(0x0040_0026, Present, Present).items(HL7_ID),     // OrderPlacerIdentifierSequence
    attribute(0x0040_2017, NonEmpty, NonEmpty),                 // FillerOrderNumberImagingServiceRequest
    attribute(0x0040_0027, Present, Present).items(HL7_ID),     // OrderFillerIdentifierSequence
    attribute(0x0040_1001, Present, Present),                   // RequestedProcedureID
    attribute(0x0032_1060, Present, Present),                   // RequestedProcedureDescription
    attribute(0x0032_1064, Present, Present).items(UPS_CODE),   // RequestedProcedureCodeSequence
    attribute(0x0040_1002, NonEmpty, NonEmpty),                 // ReasonForTheRequestedProcedure
    attribute(0x0040_100A, NonEmpty, NonEmpty).items(UPS_CODE), // ReasonForRequestedProcedureCodeSequence
    attribute(0x0040_1400, NonEmpty, NonEmpty),                 // RequestedProcedureComments
    attribute(0x0040_1008, NonEmpty, NonEmpty),                 // ConfidentialityCode
    attribute(0x0040_1010, NonEmpty, NonEmpty),                 // NamesOfIntendedRecipientsOfResults
    attribute(0x0040_2400, NonEmpty, NonEmpty),                 // ImagingServiceRequestComments
    attribute(0x0032_1032, NonEmpty, NonEmpty),                 // RequestingPhysician
    attribute(0x0032_1033, NonEmpty, NonEmpty),                 // RequestingService
    attribute(0x0032_1034, NonEmpty, NonEmpty).items(UPS_CODE), // RequestingServiceCodeSequence
    attribute(0x0040_2004, NonEmpty, NonEmpty),                 // IssueDateOfImagingServiceRequest
    attribute(0x0040_2005, NonEmpty, NonEmpty),                 // IssueTimeOfImagingServiceRequest
    attribute(0x0008_0090, NonEmpty, NonEmpty),                 // ReferringPhysicianName
];

pub(super) const REPLACED: &[Attribute] = &[
    attribute(0x0008_1150, Value, Value), // ReferencedSOPClassUID
    attribute(0x0008_1155, Value, Value), // ReferencedSOPInstanceUID
];

pub(super) const PROGRESS: &[Attribute] = &[
    attribute(0x0074_1004, Absent, NonEmpty), // ProcedureStepProgress
    attribute(0x0074_1006, Absent, NonEmpty), // ProcedureStepProgressDescription
    attribute(0x0074_1007, Absent, NonEmpty).items(PROGRESS_PARAM), // ProcedureStepProgressParametersSequence
    attribute(0x0074_1008, Absent, NonEmpty).items(COMM_URI), // ProcedureStepCommunicationsURISequence
    attribute(0x0040_4052, Absent, NonEmpty), // ProcedureStepCancellationDateTime
    attribute(0x0074_1238, Absent, NonEmpty), // ReasonForCancellation
    attribute(0x0074_100E, Absent, NonEmpty).items(UPS_CODE), // ProcedureStepDiscontinuationReasonCodeSequence
];

pub(super) const PERFORMED: &[Attribute] = &[
    attribute(0x0040_4035, Absent, NonEmpty).items(ACTUAL_PERFORMER), // ActualHumanPerformersSequence
    attribute(0x0040_4028, Absent, NonEmpty).items(UPS_CODE),         // PerformedStationNameCodeSequence
    attribute(0x0040_4029, Absent, NonEmpty).items(UPS_CODE),         // PerformedStationClassCodeSequence
    attribute(0x0040_4030, Absent, NonEmpty).items(UPS_CODE),         // PerformedStationGeographicLocationCodeSequence
    attribute(0x0040_4050, Absent, NonEmpty),                         // PerformedProcedureStepStartDateTime
    attribute(0x0040_0254, Absent, NonEmpty),                         // PerformedProcedureStepDescription
    attribute(0x0040_0280, Absent, NonEmpty),                         // CommentsOnThePerformedProcedureStep
    attribute(0x0040_4019, Absent, NonEmpty).items(UPS_CODE),         // PerformedWorkitemCodeSequence
    attribute(0x0074_1212, Absent, NonEmpty).items(UPS_CONTENT),      // PerformedProcessingParametersSequence
    attribute(0x0040_4051, Absent, NonEmpty),                         // PerformedProcedureStepEndDateTime
    attribute(0x0040_4033, Absent, Present).items(REF_INST),          // OutputInformationSequence
];

pub(super) const REF_SOP: &[Attribute] = &[
    attribute(0x0008_1150, Value, Value),       // ReferencedSOPClassUID
    attribute(0x0008_1155, Value, Value),       // ReferencedSOPInstanceUID
    attribute(0x0040_E001, NonEmpty, NonEmpty), // HL7InstanceIdentifier
    attribute(0x0008_1160, NonEmpty, NonEmpty), // ReferencedFrameNumber
    attribute(0x0062_000B, NonEmpty, NonEmpty), // ReferencedSegmentNumber
];

pub(super) const RET_DICOM: &[Attribute] = &[
    attribute(0x0008_0054, Value, Value), // RetrieveAETitle
];

pub(super) const RET_MEDIA: &[Attribute] = &[
    attribute(0x0088_0130, Present, Present), // StorageMediaFileSetID
    attribute(0x0088_0140, Value, Value),     // StorageMediaFileSetUID
];

pub(super) const RET_WADO: &[Attribute] = &[
    attribute(0x0040_E010, Value, Value), // RetrieveURI
];

pub(super) const RET_XDS: &[Attribute] = &[
    attribute(0x0040_E030, Value, Value),       // RepositoryUniqueID
    attribute(0x0040_E031, NonEmpty, NonEmpty), // HomeCommunityID
];

pub(super) const RET_WADORS: &[Attribute] = &[
    attribute(0x0008_1190, Value, Value), // RetrieveURL
];

pub(super) const DEST_DICOM: &[Attribute] = &[
    attribute(0x2100_0140, Value, Value), // DestinationAE
];

pub(super) const DEST_STOW: &[Attribute] = &[
    attribute(0x0040_4073, Value, Value), // StorageURL
];

pub(super) const DEST_XDS: &[Attribute] = &[
    attribute(0x0040_E030, Value, Value),       // RepositoryUniqueID
    attribute(0x0040_E031, NonEmpty, NonEmpty), // HomeCommunityID
];

pub(super) const PROGRESS_PARAM: &[Attribute] = &[
    attribute(0x0040_A040, Value, Value),                        // ValueType
    attribute(0x0040_A043, Value, Value).items(UPS_CODE),        // ConceptNameCodeSequence
    attribute(0x0040_A120, NonEmpty, NonEmpty),                  // DateTime
    attribute(0x0040_A121, NonEmpty, NonEmpty),                  // Date
    attribute(0x0040_A122, NonEmpty, NonEmpty),                  // Time
    attribute(0x0040_A123, NonEmpty, NonEmpty),                  // PersonName
    attribute(0x0040_A124, NonEmpty, NonEmpty),                  // UID
    attribute(0x0040_A160, NonEmpty, NonEmpty),                  // TextValue
    attribute(0x0040_A168, NonEmpty, NonEmpty).items(UPS_CODE),  // ConceptCodeSequence
    attribute(0x0040_A30A, NonEmpty, NonEmpty),                  // NumericValue
    attribute(0x0040_08EA, NonEmpty, NonEmpty).items(UPS_CODE),  // MeasurementUnitsCodeSequence
    attribute(0x0040_0441, Absent, NonEmpty).items(UPS_CONTENT), // ContentItemModifierSequence
];

pub(super) const COMM_URI: &[Attribute] = &[
    attribute(0x0074_100A, Absent, Value),    // ContactURI
    attribute(0x0074_100C, Absent, NonEmpty), // ContactDisplayName
];

pub(super) const ACTUAL_PERFORMER: &[Attribute] = &[
    attribute(0x0040_4009, Absent, NonEmpty).items(UPS_CODE), // HumanPerformerCodeSequence
    attribute(0x0040_4037, Absent, NonEmpty),                 // HumanPerformerName
    attribute(0x0040_4036, Absent, NonEmpty),                 // HumanPerformerOrganization
];
