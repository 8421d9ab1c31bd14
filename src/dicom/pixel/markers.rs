//! The markers of JPEG (ISO 10918-1 B.1) and JPEG-LS (ISO 14495-1 C.1).

/// The marker segments of a codestream.
#[derive(Debug, Clone)]
pub(super) struct Markers<'a> {
    /// What comes behind the last segment.
    pub(super) rest: &'a [u8],
}

impl<'a> Markers<'a> {
    /// The code of the next marker, and its segment without the length. Nothing if the codestream is cut off before its
    /// end.
    pub(super) fn next(&mut self) -> Option<(u8, &'a [u8])> {
        // Bytes that belong to no segment are passed over, as are the zeros behind an FF that is no marker.
        let start = self.rest.windows(2).position(|pair| matches!(pair, [0xFF, 0x80..=0xFE]))?;
        let code = *self.rest.get(start + 1)?;
        self.rest = self.rest.get(start + 2..)?;
        if matches!(code, 0xD0..=0xD9) {
            return Some((code, &[]));
        }
        let length = usize::from(u16::from_be_bytes(*self.rest.first_chunk()?));
        let segment = self.rest.get(2..length)?;
        self.rest = self.rest.get(length..)?;
        Some((code, segment))
    }
}
