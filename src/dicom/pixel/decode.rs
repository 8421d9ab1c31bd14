//! One frame, from any transfer syntax.

use super::{Frame, PixelError, PixelFormat, jpeg, jpeg_2000, jpeg_ls, rle};

/// How a transfer syntax stores frames (PS3.5 A).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// As they are.
    NativeLittle,
    /// As they are, words in big endian.
    NativeBig,
    /// RLE Lossless.
    Rle,
    /// JPEG, any process.
    Jpeg,
    /// JPEG-LS.
    JpegLs,
    /// JPEG 2000, high throughput or not.
    Jpeg2000,
}

impl Codec {
    /// The codec of a transfer syntax; nothing if there is none.
    pub fn of(transfer_syntax: &str) -> Option<Self> {
        Some(match transfer_syntax.strip_prefix("1.2.840.10008.1.2")? {
            "" | ".1" | ".1.99" => Self::NativeLittle,
            ".2" => Self::NativeBig,
            ".5" => Self::Rle,
            ".4.50" | ".4.51" | ".4.57" | ".4.70" => Self::Jpeg,
            ".4.80" | ".4.81" => Self::JpegLs,
            ".4.90" | ".4.91" | ".4.201" | ".4.202" | ".4.203" => Self::Jpeg2000,
            _ => return None,
        })
    }

    /// Whether frames lie in fragments.
    pub fn is_encapsulated(self) -> bool {
        !matches!(self, Self::NativeLittle | Self::NativeBig)
    }
}

/// Decodes a frame that is stored in these bytes.
pub fn decode_frame(codec: Codec, format: &PixelFormat, stored: &[u8]) -> Result<Frame, PixelError> {
    let frame = match codec {
        Codec::NativeLittle | Codec::NativeBig => {
            let mut bytes = native(format, stored)?;
            if codec == Codec::NativeBig {
                swap(&mut bytes, format.bits_allocated);
            }
            Frame { format: *format, bytes }
        }
        _ if format.bits_allocated == 1 => return Err(PixelError::Unsupported("a compressed image of one bit")),
        Codec::Rle => rle::decode(format, stored)?,
        Codec::Jpeg => jpeg::decode(format, stored)?,
        Codec::JpegLs => jpeg_ls::decode(format, stored)?,
        Codec::Jpeg2000 => jpeg_2000::decode(format, stored)?,
    };
    Ok(frame)
}

fn native(format: &PixelFormat, stored: &[u8]) -> Result<Vec<u8>, PixelError> {
    let bytes = stored.get(..format.byte_length());
    bytes.map(<[u8]>::to_vec).ok_or_else(|| PixelError::damaged("native", "it is too short"))
}

/// Turns words from big endian to little endian. Bytes lie in words of two (PS3.5 D), where there are two.
pub(crate) fn swap(bytes: &mut [u8], bits_allocated: u16) {
    let size = usize::from(bits_allocated.div_ceil(8)).max(2);
    bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
}
