//! The items of the sequences of a workitem in which everything may be absent, but nothing empty.

use super::{Attribute, optional};

pub(super) const CODING_SCHEME: &[Attribute] = &[
    optional(0x0008_0102),                        // CodingSchemeDesignator
    optional(0x0008_0112),                        // CodingSchemeRegistry
    optional(0x0008_010C),                        // CodingSchemeUID
    optional(0x0008_0114),                        // CodingSchemeExternalID
    optional(0x0008_0115),                        // CodingSchemeName
    optional(0x0008_0103),                        // CodingSchemeVersion
    optional(0x0008_0116),                        // CodingSchemeResponsibleOrganization
    optional(0x0008_0109).items(CODING_RESOURCE), // CodingSchemeResourcesSequence
];

pub(super) const CONTEXT_GROUP: &[Attribute] = &[
    optional(0x0008_010F), // ContextIdentifier
    optional(0x0008_0117), // ContextUID
    optional(0x0008_0105), // MappingResource
    optional(0x0008_0106), // ContextGroupVersion
];

pub(super) const MAPPING_RESOURCE: &[Attribute] = &[
    optional(0x0008_0105), // MappingResource
    optional(0x0008_0118), // MappingResourceUID
    optional(0x0008_0122), // MappingResourceName
];

pub(super) const EQUIPMENT: &[Attribute] = &[
    optional(0x0040_A170).items(CODE_OPT),   // PurposeOfReferenceCodeSequence
    optional(0x0008_0070),                   // Manufacturer
    optional(0x0008_0080),                   // InstitutionName
    optional(0x0008_0081),                   // InstitutionAddress
    optional(0x0008_1010),                   // StationName
    optional(0x0008_1040),                   // InstitutionalDepartmentName
    optional(0x0008_1041).items(CODE_OPT),   // InstitutionalDepartmentTypeCodeSequence
    optional(0x0008_1070),                   // OperatorsName
    optional(0x0008_1072).items(PERSON_OPT), // OperatorIdentificationSequence
    optional(0x0008_1090),                   // ManufacturerModelName
    optional(0x0018_1000),                   // DeviceSerialNumber
    optional(0x0018_1020),                   // SoftwareVersions
    optional(0x0018_1002),                   // DeviceUID
    optional(0x0018_100A).items(UDI),        // UDISequence
    optional(0x0018_1050),                   // SpatialResolution
    optional(0x0018_1200),                   // DateOfLastCalibration
    optional(0x0018_1201),                   // TimeOfLastCalibration
    optional(0x0018_A002),                   // ContributionDateTime
    optional(0x0018_A003),                   // ContributionDescription
];

pub(super) const MAC: &[Attribute] = &[
    optional(0x0400_0005), // MACIDNumber
    optional(0x0400_0010), // MACCalculationTransferSyntaxUID
    optional(0x0400_0015), // MACAlgorithm
    optional(0x0400_0020), // DataElementsSigned
];

pub(super) const SIGNATURE: &[Attribute] = &[
    optional(0x0400_0005),                 // MACIDNumber
    optional(0x0400_0100),                 // DigitalSignatureUID
    optional(0x0400_0105),                 // DigitalSignatureDateTime
    optional(0x0400_0110),                 // CertificateType
    optional(0x0400_0115),                 // CertificateOfSigner
    optional(0x0400_0120),                 // Signature
    optional(0x0400_0305),                 // CertifiedTimestampType
    optional(0x0400_0310),                 // CertifiedTimestamp
    optional(0x0400_0401).items(CODE_OPT), // DigitalSignaturePurposeCodeSequence
];

pub(super) const ENCRYPTED: &[Attribute] = &[
    optional(0x0400_0510), // EncryptedContentTransferSyntaxUID
    optional(0x0400_0520), // EncryptedContent
];

pub(super) const ORIGINAL: &[Attribute] = &[
    optional(0x0400_0564),                      // SourceOfPreviousValues
    optional(0x0400_0562),                      // AttributeModificationDateTime
    optional(0x0400_0563),                      // ModifyingSystem
    optional(0x0400_0565),                      // ReasonForTheAttributeModification
    optional(0x0400_0550),                      // ModifiedAttributesSequence
    optional(0x0400_0551).items(NONCONFORMING), // NonconformingModifiedAttributesSequence
];

pub(super) const HL7_DOC: &[Attribute] = &[
    optional(0x0008_1150), // ReferencedSOPClassUID
    optional(0x0008_1155), // ReferencedSOPInstanceUID
    optional(0x0040_E001), // HL7InstanceIdentifier
    optional(0x0040_E010), // RetrieveURI
];

pub(super) const CONVERSION: &[Attribute] = &[
    optional(0x0008_1150), // ReferencedSOPClassUID
    optional(0x0008_1155), // ReferencedSOPInstanceUID
    optional(0x0008_1160), // ReferencedFrameNumber
    optional(0x0062_000B), // ReferencedSegmentNumber
];

pub(super) const PRIVATE_CHAR: &[Attribute] = &[
    optional(0x0008_0301),                    // PrivateGroupReference
    optional(0x0008_0302),                    // PrivateCreatorReference
    optional(0x0008_0310).items(PRIVATE_DEF), // PrivateDataElementDefinitionSequence
    optional(0x0008_0303),                    // BlockIdentifyingInformationStatus
    optional(0x0008_0304),                    // NonidentifyingPrivateElements
    optional(0x0008_0305).items(DEID),        // DeidentificationActionSequence
];

pub(super) const PROTOCOL_OPT: &[Attribute] = &[
    optional(0x0008_1150), // ReferencedSOPClassUID
    optional(0x0008_1155), // ReferencedSOPInstanceUID
    optional(0x0018_9938), // SourceAcquisitionProtocolElementNumber
    optional(0x0018_993A), // SourceReconstructionProtocolElementNumber
];

pub(super) const CODE_OPT: &[Attribute] = &[
    optional(0x0008_0100),                       // CodeValue
    optional(0x0008_0102),                       // CodingSchemeDesignator
    optional(0x0008_0103),                       // CodingSchemeVersion
    optional(0x0008_0104),                       // CodeMeaning
    optional(0x0008_0119),                       // LongCodeValue
    optional(0x0008_0120),                       // URNCodeValue
    optional(0x0008_0121).items(CODE_EQUIV_OPT), // EquivalentCodeSequence
    optional(0x0008_010F),                       // ContextIdentifier
    optional(0x0008_0117),                       // ContextUID
    optional(0x0008_0105),                       // MappingResource
    optional(0x0008_0118),                       // MappingResourceUID
    optional(0x0008_0122),                       // MappingResourceName
    optional(0x0008_0106),                       // ContextGroupVersion
    optional(0x0008_010B),                       // ContextGroupExtensionFlag
    optional(0x0008_0107),                       // ContextGroupLocalVersion
    optional(0x0008_010D),                       // ContextGroupExtensionCreatorUID
];

pub(super) const LANGUAGE_OPT: &[Attribute] = &[
    optional(0x0008_0100),                       // CodeValue
    optional(0x0008_0102),                       // CodingSchemeDesignator
    optional(0x0008_0103),                       // CodingSchemeVersion
    optional(0x0008_0104),                       // CodeMeaning
    optional(0x0008_0119),                       // LongCodeValue
    optional(0x0008_0120),                       // URNCodeValue
    optional(0x0008_0121).items(CODE_EQUIV_OPT), // EquivalentCodeSequence
    optional(0x0008_010F),                       // ContextIdentifier
    optional(0x0008_0117),                       // ContextUID
    optional(0x0008_0105),                       // MappingResource
    optional(0x0008_0118),                       // MappingResourceUID
    optional(0x0008_0122),                       // MappingResourceName
    optional(0x0008_0106),                       // ContextGroupVersion
    optional(0x0008_010B),                       // ContextGroupExtensionFlag
    optional(0x0008_0107),                       // ContextGroupLocalVersion
    optional(0x0008_010D),                       // ContextGroupExtensionCreatorUID
    optional(0x0010_0102).items(CODE_OPT),       // PatientPrimaryLanguageModifierCodeSequence
];

pub(super) const BREED: &[Attribute] = &[
    optional(0x0010_2295),                 // BreedRegistrationNumber
    optional(0x0010_2296).items(CODE_OPT), // BreedRegistryCodeSequence
];

pub(super) const STRAIN_STOCK: &[Attribute] = &[
    optional(0x0010_0214),                 // StrainStockNumber
    optional(0x0010_0217),                 // StrainSource
    optional(0x0010_0215).items(CODE_OPT), // StrainSourceRegistryCodeSequence
];

pub(super) const GENETIC: &[Attribute] = &[
    optional(0x0010_0222),                 // GeneticModificationsDescription
    optional(0x0010_0223),                 // GeneticModificationsNomenclature
    optional(0x0010_0229).items(CODE_OPT), // GeneticModificationsCodeSequence
];

pub(super) const PERT_DOC: &[Attribute] = &[
    optional(0x0008_1150),                 // ReferencedSOPClassUID
    optional(0x0008_1155),                 // ReferencedSOPInstanceUID
    optional(0x0040_A170).items(CODE_OPT), // PurposeOfReferenceCodeSequence
    optional(0x0042_0010),                 // DocumentTitle
];

pub(super) const PERT_RES: &[Attribute] = &[
    optional(0x0040_E010), // RetrieveURI
    optional(0x0038_0102), // ResourceDescription
];

pub(super) const TRIAL: &[Attribute] = &[
    optional(0x0012_0010), // ClinicalTrialSponsorName
    optional(0x0012_0020), // ClinicalTrialProtocolID
    optional(0x0012_0021), // ClinicalTrialProtocolName
    optional(0x0012_0030), // ClinicalTrialSiteID
    optional(0x0012_0031), // ClinicalTrialSiteName
    optional(0x0012_0040), // ClinicalTrialSubjectID
    optional(0x0012_0042), // ClinicalTrialSubjectReadingID
];

pub(super) const HL7_ID_OPT: &[Attribute] = &[
    optional(0x0040_0031), // LocalNamespaceEntityID
    optional(0x0040_0032), // UniversalEntityID
    optional(0x0040_0033), // UniversalEntityIDType
];

pub(super) const PERSON_OPT: &[Attribute] = &[
    optional(0x0040_1101).items(CODE_OPT), // PersonIdentificationCodeSequence
    optional(0x0040_1102),                 // PersonAddress
    optional(0x0040_1103),                 // PersonTelephoneNumbers
    optional(0x0040_1104),                 // PersonTelecomInformation
    optional(0x0008_0080),                 // InstitutionName
    optional(0x0008_0081),                 // InstitutionAddress
    optional(0x0008_0082).items(CODE_OPT), // InstitutionCodeSequence
    optional(0x0008_1040),                 // InstitutionalDepartmentName
    optional(0x0008_1041).items(CODE_OPT), // InstitutionalDepartmentTypeCodeSequence
];

pub(super) const CODING_RESOURCE: &[Attribute] = &[
    optional(0x0008_010A), // CodingSchemeURLType
    optional(0x0008_010E), // CodingSchemeURL
];

pub(super) const UDI: &[Attribute] = &[
    optional(0x0018_1009), // UniqueDeviceIdentifier
    optional(0x0050_0020), // DeviceDescription
];

pub(super) const NONCONFORMING: &[Attribute] = &[
    optional(0x0072_0026), // SelectorAttribute
    optional(0x0072_0028), // SelectorValueNumber
    optional(0x0072_0052), // SelectorSequencePointer
    optional(0x0072_0054), // SelectorSequencePointerPrivateCreator
    optional(0x0074_1057), // SelectorSequencePointerItems
    optional(0x0072_0056), // SelectorAttributePrivateCreator
    optional(0x0400_0552), // NonconformingDataElementValue
];

pub(super) const PRIVATE_DEF: &[Attribute] = &[
    optional(0x0008_0308), // PrivateDataElement
    optional(0x0008_0309), // PrivateDataElementValueMultiplicity
    optional(0x0008_030A), // PrivateDataElementValueRepresentation
    optional(0x0008_030B), // PrivateDataElementNumberOfItems
    optional(0x0008_030D), // PrivateDataElementKeyword
    optional(0x0008_030C), // PrivateDataElementName
    optional(0x0008_030E), // PrivateDataElementDescription
    optional(0x0008_030F), // PrivateDataElementEncoding
    optional(0x0040_E010), // RetrieveURI
];

pub(super) const DEID: &[Attribute] = &[
    optional(0x0008_0306), // IdentifyingPrivateElements
    optional(0x0008_0307), // DeidentificationAction
];

pub(super) const CODE_EQUIV_OPT: &[Attribute] = &[
    optional(0x0008_0100), // CodeValue
    optional(0x0008_0102), // CodingSchemeDesignator
    optional(0x0008_0103), // CodingSchemeVersion
    optional(0x0008_0104), // CodeMeaning
    optional(0x0008_0119), // LongCodeValue
    optional(0x0008_0120), // URNCodeValue
    optional(0x0008_010F), // ContextIdentifier
    optional(0x0008_0117), // ContextUID
    optional(0x0008_0105), // MappingResource
    optional(0x0008_0118), // MappingResourceUID
    optional(0x0008_0122), // MappingResourceName
    optional(0x0008_0106), // ContextGroupVersion
    optional(0x0008_010B), // ContextGroupExtensionFlag
    optional(0x0008_0107), // ContextGroupLocalVersion
    optional(0x0008_010D), // ContextGroupExtensionCreatorUID
];
