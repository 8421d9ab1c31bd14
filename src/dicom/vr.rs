//! What a value representation means for the bytes of a value (PS3.5 6.2 and 7.1.2).

use dicom_core::VR;

/// The value representation that two bytes of an explicit VR header name.
pub(crate) fn parse(code: [u8; 2]) -> Option<VR> {
    Some(match &code {
        b"AE" => VR::AE,
        b"AS" => VR::AS,
        b"AT" => VR::AT,
        b"CS" => VR::CS,
        b"DA" => VR::DA,
        b"DS" => VR::DS,
        b"DT" => VR::DT,
        b"FD" => VR::FD,
        b"FL" => VR::FL,
        b"IS" => VR::IS,
        b"LO" => VR::LO,
        b"LT" => VR::LT,
        b"OB" => VR::OB,
        b"OD" => VR::OD,
        b"OF" => VR::OF,
        b"OL" => VR::OL,
        b"OV" => VR::OV,
        b"OW" => VR::OW,
        b"PN" => VR::PN,
        b"SH" => VR::SH,
        b"SL" => VR::SL,
        b"SQ" => VR::SQ,
        b"SS" => VR::SS,
        b"ST" => VR::ST,
        b"SV" => VR::SV,
        b"TM" => VR::TM,
        b"UC" => VR::UC,
        b"UI" => VR::UI,
        b"UL" => VR::UL,
        b"UN" => VR::UN,
        b"UR" => VR::UR,
        b"US" => VR::US,
        b"UT" => VR::UT,
        b"UV" => VR::UV,
        _ => return None,
    })
}

/// Whether an explicit VR header has two reserved bytes and a length of 32 bits (PS3.5 table 7.1-1) rather than a length
/// of 16 bits (table 7.1-2).
pub(crate) fn has_long_length(vr: VR) -> bool {
    is_bulk(vr) || matches!(vr, VR::SQ | VR::SV | VR::UC | VR::UR | VR::UT | VR::UV)
}

/// Whether values can be large and opaque: they are located, never kept, and appear in no metadata.
pub fn is_bulk(vr: VR) -> bool {
    matches!(vr, VR::OB | VR::OD | VR::OF | VR::OL | VR::OV | VR::OW | VR::UN)
}

/// Whether the value is text.
pub fn is_text(vr: VR) -> bool {
    !is_bulk(vr) && word_size(vr) == 1 && vr != VR::SQ
}

/// Whether Specific Character Set (0008,0005) governs the text (PS3.5 6.1.2.3); the default repertoire otherwise.
pub fn uses_character_set(vr: VR) -> bool {
    matches!(vr, VR::LO | VR::LT | VR::PN | VR::SH | VR::ST | VR::UC | VR::UT)
}

/// Whether a backslash separates values (PS3.5 6.2: it is text in LT, ST, UR and UT).
pub fn is_multi_valued_text(vr: VR) -> bool {
    is_text(vr) && !matches!(vr, VR::LT | VR::ST | VR::UR | VR::UT)
}

/// Bytes of one word of the value, the unit that byte order concerns (PS3.5 7.3).
pub fn word_size(vr: VR) -> usize {
    match vr {
        VR::AT | VR::OW | VR::SS | VR::US => 2,
        VR::FL | VR::OF | VR::OL | VR::SL | VR::UL => 4,
        VR::FD | VR::OD | VR::OV | VR::SV | VR::UV => 8,
        _ => 1,
    }
}

/// Bytes of one value of a binary number; an AT value has two words (PS3.5 6.2).
pub fn number_size(vr: VR) -> usize {
    if vr == VR::AT { 4 } else { word_size(vr) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_back() {
        for first in b'A'..=b'Z' {
            for second in b'A'..=b'Z' {
                assert_eq!(parse([first, second]), VR::from_binary([first, second]));
            }
        }
    }
}
