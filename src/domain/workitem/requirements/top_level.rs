//! The attributes of a workitem itself (PS3.4 table CC.2.5-3), in the order in which they are checked.
//!
//! Some are listed twice, by two modules of the table: both rules hold.

use super::{
    Attribute,
    Rule::{Absent, Any, NonEmpty, Present, PresentAndEmpty, Value},
    attribute,
    items::{
        HL7_ID, OTHER_PID, OUT_DEST, PERFORMED, PID_QUALIFIER, PROGRESS, REF_INST, REPLACED, REQUEST, SCHED_PERFORMER,
        UPS_CODE, UPS_CONTENT,
    },
    optional_items::{
        BREED, CODE_OPT, CODING_SCHEME, CONTEXT_GROUP, CONVERSION, ENCRYPTED, EQUIPMENT, GENETIC, HL7_DOC, HL7_ID_OPT,
        LANGUAGE_OPT, MAC, MAPPING_RESOURCE, ORIGINAL, PERSON_OPT, PERT_DOC, PERT_RES, PRIVATE_CHAR, PROTOCOL_OPT,
        SIGNATURE, STRAIN_STOCK, TRIAL,
    },
};

/// Each with its rule when a workitem is created and when it is updated.
pub(super) const TOP_LEVEL: &[Attribute] = &[
    attribute(0x0008_1195, PresentAndEmpty, Any), // TransactionUID
    attribute(0x0008_0005, NonEmpty, NonEmpty),   // SpecificCharacterSet
    attribute(0x0008_0016, Value, Absent),        // SOPClassUID
    attribute(0x0008_0018, Value, Absent),        // SOPInstanceUID
    attribute(0x0008_0012, NonEmpty, NonEmpty),   // InstanceCreationDate
    attribute(0x0008_0013, NonEmpty, NonEmpty),   // InstanceCreationTime
    attribute(0x0008_0015, NonEmpty, NonEmpty),   // InstanceCoercionDateTime
    attribute(0x0008_0014, NonEmpty, NonEmpty),   // InstanceCreatorUID
    attribute(0x0008_001A, NonEmpty, NonEmpty),   // RelatedGeneralSOPClassUID
    attribute(0x0008_001B, NonEmpty, NonEmpty),   // OriginalSpecializedSOPClassUID
    attribute(0x0008_0110, NonEmpty, NonEmpty).items(CODING_SCHEME), // CodingSchemeIdentificationSequence
    attribute(0x0008_0123, NonEmpty, NonEmpty).items(CONTEXT_GROUP), // ContextGroupIdentificationSequence
    attribute(0x0008_0124, NonEmpty, NonEmpty).items(MAPPING_RESOURCE), // MappingResourceIdentificationSequence
    attribute(0x0008_0201, NonEmpty, NonEmpty),   // TimezoneOffsetFromUTC
    attribute(0x0018_A001, NonEmpty, NonEmpty).items(EQUIPMENT), // ContributingEquipmentSequence
    attribute(0x0020_0013, NonEmpty, NonEmpty),   // InstanceNumber
    attribute(0x0100_0410, NonEmpty, NonEmpty),   // SOPInstanceStatus
    attribute(0x0100_0420, NonEmpty, NonEmpty),   // SOPAuthorizationDateTime
    attribute(0x0100_0424, NonEmpty, NonEmpty),   // SOPAuthorizationComment
    attribute(0x0100_0426, NonEmpty, NonEmpty),   // AuthorizationEquipmentCertificationNumber
    attribute(0x4FFE_0001, NonEmpty, NonEmpty).items(MAC), // MACParametersSequence
    attribute(0xFFFA_FFFA, NonEmpty, NonEmpty).items(SIGNATURE), // DigitalSignaturesSequence
    attribute(0x0400_0500, NonEmpty, NonEmpty).items(ENCRYPTED), // EncryptedAttributesSequence
    attribute(0x0400_0561, NonEmpty, NonEmpty).items(ORIGINAL), // OriginalAttributesSequence
    attribute(0x0040_A390, NonEmpty, NonEmpty).items(HL7_DOC), // HL7StructuredDocumentReferenceSequence
    attribute(0x0028_0303, NonEmpty, NonEmpty),   // LongitudinalTemporalInformationModified
    attribute(0x0008_0053, NonEmpty, NonEmpty),   // QueryRetrieveView
    attribute(0x0020_9172, NonEmpty, NonEmpty).items(CONVERSION), // ConversionSourceAttributesSequence
    attribute(0x0018_9004, NonEmpty, NonEmpty),   // ContentQualification
    attribute(0x0008_0300, NonEmpty, NonEmpty).items(PRIVATE_CHAR), // PrivateDataElementCharacteristicsSequence
    attribute(0x0400_0600, NonEmpty, NonEmpty),   // InstanceOriginStatus
    attribute(0x2200_0005, NonEmpty, NonEmpty),   // BarcodeValue
    attribute(0x0018_990C, NonEmpty, NonEmpty).items(PROTOCOL_OPT), // ReferencedDefinedProtocolSequence
    attribute(0x0018_990D, NonEmpty, NonEmpty).items(PROTOCOL_OPT), // ReferencedPerformedProtocolSequence
    attribute(0x0074_1200, Value, NonEmpty),      // ScheduledProcedureStepPriority
    attribute(0x0040_4010, Value, Value),         // ScheduledProcedureStepModificationDateTime
    attribute(0x0074_1204, Value, NonEmpty),      // ProcedureStepLabel
    attribute(0x0074_1202, Present, NonEmpty),    // WorklistLabel
    attribute(0x0074_1210, Present, NonEmpty).items(UPS_CONTENT), // ScheduledProcessingParametersSequence
    attribute(0x0040_4025, Present, NonEmpty).items(UPS_CODE), // ScheduledStationNameCodeSequence
    attribute(0x0040_4026, Present, NonEmpty).items(UPS_CODE), // ScheduledStationClassCodeSequence
    attribute(0x0040_4027, Present, NonEmpty).items(UPS_CODE), // ScheduledStationGeographicLocationCodeSequence
    attribute(0x0040_4034, Any, NonEmpty).items(SCHED_PERFORMER), // ScheduledHumanPerformersSequence
    attribute(0x0040_4005, Value, NonEmpty),      // ScheduledProcedureStepStartDateTime
    attribute(0x0040_4011, NonEmpty, NonEmpty),   // ExpectedCompletionDateTime
    attribute(0x0040_4008, NonEmpty, NonEmpty),   // ScheduledProcedureStepExpirationDateTime
    attribute(0x0040_4018, Present, NonEmpty).items(UPS_CODE), // ScheduledWorkitemCodeSequence
    attribute(0x0040_0400, Present, NonEmpty),    // CommentsOnTheScheduledProcedureStep
    attribute(0x0040_4041, Value, NonEmpty),      // InputReadinessState
    attribute(0x0040_4021, Present, NonEmpty).items(REF_INST), // InputInformationSequence
    attribute(0x0020_000D, NonEmpty, NonEmpty),   // StudyInstanceUID
    attribute(0x0040_4070, NonEmpty, NonEmpty).items(OUT_DEST), // OutputDestinationSequence
    attribute(0x0010_0010, Present, Absent),      // PatientName
    attribute(0x0010_0020, NonEmpty, Absent),     // PatientID
    attribute(0x0010_0021, Present, Absent),      // IssuerOfPatientID
    attribute(0x0010_0024, Present, Absent).items(PID_QUALIFIER), // IssuerOfPatientIDQualifiersSequence
    attribute(0x0010_1002, Present, NonEmpty).items(OTHER_PID), // OtherPatientIDsSequence
    attribute(0x0010_0030, Present, Absent),      // PatientBirthDate
    attribute(0x0010_0040, Present, Absent),      // PatientSex
    attribute(0x0010_1100, NonEmpty, NonEmpty).items(REF_INST), // ReferencedPatientPhotoSequence
    attribute(0x0038_0010, Present, Absent),      // AdmissionID
    attribute(0x0038_0014, Present, Absent).items(HL7_ID), // IssuerOfAdmissionIDSequence
    attribute(0x0008_1080, Present, Absent),      // AdmittingDiagnosesDescription
    attribute(0x0008_1084, Present, Absent).items(UPS_CODE), // AdmittingDiagnosesCodeSequence
    attribute(0x0040_A370, Present, Absent).items(REQUEST), // ReferencedRequestSequence
    attribute(0x0074_1224, NonEmpty, Absent).items(REPLACED), // ReplacedProcedureStepSequence
    attribute(0x0010_0022, NonEmpty, NonEmpty),   // TypeOfPatientID
    attribute(0x0010_0033, NonEmpty, NonEmpty),   // PatientBirthDateInAlternativeCalendar
    attribute(0x0010_0034, NonEmpty, NonEmpty),   // PatientDeathDateInAlternativeCalendar
    attribute(0x0010_0035, NonEmpty, NonEmpty),   // PatientAlternativeCalendar
    attribute(0x0032_1066, NonEmpty, NonEmpty),   // ReasonForVisit
    attribute(0x0032_1067, NonEmpty, NonEmpty).items(CODE_OPT), // ReasonForVisitCodeSequence
    attribute(0x0010_1010, NonEmpty, NonEmpty),   // PatientAge
    attribute(0x0010_2180, NonEmpty, NonEmpty),   // Occupation
    attribute(0x0040_3001, NonEmpty, NonEmpty),   // ConfidentialityConstraintOnPatientDataDescription
    attribute(0x0010_0030, NonEmpty, NonEmpty),   // PatientBirthDate
    attribute(0x0010_0032, NonEmpty, NonEmpty),   // PatientBirthTime
    attribute(0x0010_0040, NonEmpty, NonEmpty),   // PatientSex
    attribute(0x0010_0200, NonEmpty, NonEmpty),   // QualityControlSubject
    attribute(0x0010_0050, NonEmpty, NonEmpty).items(CODE_OPT), // PatientInsurancePlanCodeSequence
    attribute(0x0010_0101, NonEmpty, NonEmpty).items(LANGUAGE_OPT), // PatientPrimaryLanguageCodeSequence
    attribute(0x0010_1020, NonEmpty, NonEmpty),   // PatientSize
    attribute(0x0010_1030, NonEmpty, NonEmpty),   // PatientWeight
    attribute(0x0010_1021, NonEmpty, NonEmpty).items(CODE_OPT), // PatientSizeCodeSequence
    attribute(0x0010_1040, NonEmpty, NonEmpty),   // PatientAddress
    attribute(0x0010_1080, NonEmpty, NonEmpty),   // MilitaryRank
    attribute(0x0010_1081, NonEmpty, NonEmpty),   // BranchOfService
    attribute(0x0010_2150, NonEmpty, NonEmpty),   // CountryOfResidence
    attribute(0x0010_2152, NonEmpty, NonEmpty),   // RegionOfResidence
    attribute(0x0010_2154, NonEmpty, NonEmpty),   // PatientTelephoneNumbers
    attribute(0x0010_2155, NonEmpty, NonEmpty),   // PatientTelecomInformation
    attribute(0x0010_2160, NonEmpty, NonEmpty),   // EthnicGroup
    attribute(0x0010_21F0, NonEmpty, NonEmpty),   // PatientReligiousPreference
    attribute(0x0010_4000, NonEmpty, NonEmpty),   // PatientComments
    attribute(0x0010_2297, NonEmpty, NonEmpty),   // ResponsiblePerson
    attribute(0x0010_2298, NonEmpty, NonEmpty),   // ResponsiblePersonRole
    attribute(0x0010_2299, NonEmpty, NonEmpty),   // ResponsibleOrganization
    attribute(0x0010_2201, NonEmpty, NonEmpty),   // PatientSpeciesDescription
    attribute(0x0010_2202, NonEmpty, NonEmpty).items(CODE_OPT), // PatientSpeciesCodeSequence
    attribute(0x0010_2292, NonEmpty, NonEmpty),   // PatientBreedDescription
    attribute(0x0010_2293, NonEmpty, NonEmpty).items(CODE_OPT), // PatientBreedCodeSequence
    attribute(0x0010_2294, NonEmpty, NonEmpty).items(BREED), // BreedRegistrationSequence
    attribute(0x0010_0212, NonEmpty, NonEmpty),   // StrainDescription
    attribute(0x0010_0213, NonEmpty, NonEmpty),   // StrainNomenclature
    attribute(0x0010_0219, NonEmpty, NonEmpty).items(CODE_OPT), // StrainCodeSequence
    attribute(0x0010_0218, NonEmpty, NonEmpty),   // StrainAdditionalInformation
    attribute(0x0010_0216, NonEmpty, NonEmpty).items(STRAIN_STOCK), // StrainStockSequence
    attribute(0x0010_0221, NonEmpty, NonEmpty).items(GENETIC), // GeneticModificationsSequence
    attribute(0x0010_2000, NonEmpty, NonEmpty),   // MedicalAlerts
    attribute(0x0010_21C0, NonEmpty, NonEmpty),   // PregnancyStatus
    attribute(0x0038_0050, NonEmpty, NonEmpty),   // SpecialNeeds
    attribute(0x0010_2110, NonEmpty, NonEmpty),   // Allergies
    attribute(0x0010_21A0, NonEmpty, NonEmpty),   // SmokingStatus
    attribute(0x0010_21B0, NonEmpty, NonEmpty),   // AdditionalPatientHistory
    attribute(0x0010_21D0, NonEmpty, NonEmpty),   // LastMenstrualDate
    attribute(0x0010_2203, NonEmpty, NonEmpty),   // PatientSexNeutered
    attribute(0x0010_1022, NonEmpty, NonEmpty),   // PatientBodyMassIndex
    attribute(0x0010_1023, NonEmpty, NonEmpty),   // MeasuredAPDimension
    attribute(0x0010_1024, NonEmpty, NonEmpty),   // MeasuredLateralDimension
    attribute(0x0038_0500, NonEmpty, NonEmpty),   // PatientState
    attribute(0x0038_0100, NonEmpty, NonEmpty).items(PERT_DOC), // PertinentDocumentsSequence
    attribute(0x0038_0101, NonEmpty, NonEmpty).items(PERT_RES), // PertinentResourcesSequence
    attribute(0x0038_0502, NonEmpty, NonEmpty).items(TRIAL), // PatientClinicalTrialParticipationSequence
    attribute(0x0008_0080, NonEmpty, NonEmpty),   // InstitutionName
    attribute(0x0008_0081, NonEmpty, NonEmpty),   // InstitutionAddress
    attribute(0x0008_0082, NonEmpty, NonEmpty).items(CODE_OPT), // InstitutionCodeSequence
    attribute(0x0008_1040, NonEmpty, NonEmpty),   // InstitutionalDepartmentName
    attribute(0x0008_1041, NonEmpty, NonEmpty).items(CODE_OPT), // InstitutionalDepartmentTypeCodeSequence
    attribute(0x0038_0010, NonEmpty, NonEmpty),   // AdmissionID
    attribute(0x0038_0014, NonEmpty, NonEmpty).items(HL7_ID_OPT), // IssuerOfAdmissionIDSequence
    attribute(0x0032_1066, NonEmpty, NonEmpty),   // ReasonForVisit
    attribute(0x0032_1067, NonEmpty, NonEmpty).items(CODE_OPT), // ReasonForVisitCodeSequence
    attribute(0x0038_0060, NonEmpty, NonEmpty),   // ServiceEpisodeID
    attribute(0x0038_0064, NonEmpty, NonEmpty).items(HL7_ID_OPT), // IssuerOfServiceEpisodeIDSequence
    attribute(0x0038_0062, NonEmpty, NonEmpty),   // ServiceEpisodeDescription
    attribute(0x0038_0008, NonEmpty, NonEmpty),   // VisitStatusID
    attribute(0x0038_0300, NonEmpty, NonEmpty),   // CurrentPatientLocation
    attribute(0x0038_0400, NonEmpty, NonEmpty),   // PatientInstitutionResidence
    attribute(0x0038_4000, NonEmpty, NonEmpty),   // VisitComments
    attribute(0x0008_0090, NonEmpty, NonEmpty),   // ReferringPhysicianName
    attribute(0x0008_0092, NonEmpty, NonEmpty),   // ReferringPhysicianAddress
    attribute(0x0008_0094, NonEmpty, NonEmpty),   // ReferringPhysicianTelephoneNumbers
    attribute(0x0008_0096, NonEmpty, NonEmpty).items(PERSON_OPT), // ReferringPhysicianIdentificationSequence
    attribute(0x0008_009C, NonEmpty, NonEmpty),   // ConsultingPhysicianName
    attribute(0x0008_009D, NonEmpty, NonEmpty).items(PERSON_OPT), // ConsultingPhysicianIdentificationSequence
    attribute(0x0008_1080, NonEmpty, NonEmpty),   // AdmittingDiagnosesDescription
    attribute(0x0008_1084, NonEmpty, NonEmpty).items(CODE_OPT), // AdmittingDiagnosesCodeSequence
    attribute(0x0038_0016, NonEmpty, NonEmpty),   // RouteOfAdmissions
    attribute(0x0038_0020, NonEmpty, NonEmpty),   // AdmittingDate
    attribute(0x0038_0021, NonEmpty, NonEmpty),   // AdmittingTime
    attribute(0x0074_1000, Value, Absent),        // ProcedureStepState
    attribute(0x0074_1002, Present, NonEmpty).items(PROGRESS), // ProcedureStepProgressInformationSequence
    attribute(0x0074_1216, Present, NonEmpty).items(PERFORMED), // UnifiedProcedureStepPerformedProcedureSequence
];
