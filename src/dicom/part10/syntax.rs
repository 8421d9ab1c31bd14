//! How transfer syntaxes encode the data set (PS3.5 A).

use super::header::Encoding;
use crate::dicom::vr;

const IMPLICIT_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2"; // PS3.5 A.1
const EXPLICIT_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1"; // PS3.5 A.2
const EXPLICIT_BIG_ENDIAN: &str = "1.2.840.10008.1.2.2"; // PS3.5 A.3
const DEFLATED: &str = "1.2.840.10008.1.2.1.99"; // PS3.5 A.5
const JPIP_DEFLATED: &str = "1.2.840.10008.1.2.4.95"; // PS3.5 A.7
const JPIP_HTJ2K_DEFLATED: &str = "1.2.840.10008.1.2.4.205"; // PS3.5 A.12

/// The encoding of elements. Whatever is not listed above is explicit VR little endian (PS3.5 A.4).
pub(super) fn encoding(transfer_syntax: &str) -> Encoding {
    match transfer_syntax {
        IMPLICIT_LITTLE_ENDIAN => Encoding::ImplicitLittle,
        EXPLICIT_BIG_ENDIAN => Encoding::ExplicitBig,
        _ => Encoding::ExplicitLittle,
    }
}

/// Whether the data set is compressed as a whole.
pub fn is_deflated(transfer_syntax: &str) -> bool {
    matches!(transfer_syntax, DEFLATED | JPIP_DEFLATED | JPIP_HTJ2K_DEFLATED)
}

/// The transfer syntax that the first bytes of a data set look like: a value representation behind the first tag tells
/// explicit from implicit.
pub(super) fn guess(dataset: &[u8]) -> &'static str {
    match *dataset {
        [_, _, _, _, a, b, ..] if vr::parse([a, b]).is_some() => EXPLICIT_LITTLE_ENDIAN,
        _ => IMPLICIT_LITTLE_ENDIAN,
    }
}
