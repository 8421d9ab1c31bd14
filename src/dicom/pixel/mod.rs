//! Frames as pixels: what describes them, how each compression is undone, and JPEG 2000 as the one that is done.
//!
//! A frame is decoded into a [`Frame`]: the bytes that it has in explicit VR little endian, and the [`PixelFormat`] that
//! describes them. Nothing is allocated before the size of the frame is known to be within [`MAX_FRAME_BYTES`].

mod colour;
mod decode;
mod format;
mod jpeg;
mod jpeg_2000;
mod jpeg_ls;
mod library;
mod markers;
mod rle;

pub(crate) use self::decode::swap;
pub use self::{
    colour::to_rgb,
    decode::{Codec, decode_frame},
    format::{Arrangement, Frame, MAX_FRAME_BYTES, Photometric, PixelFormat, native_length},
    jpeg_2000::encode,
};

/// Why a frame cannot be decoded or encoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PixelError {
    /// The attributes that describe the image are missing or contradict each other.
    #[error("the image is not described: {0}")]
    Description(&'static str),
    /// Something that is valid but not implemented.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    /// A frame of more than [`MAX_FRAME_BYTES`].
    #[error("the frame is too large")]
    TooLarge,
    /// The compressed frame is damaged, cut off, or another image than is described.
    #[error("the {codec} frame is damaged: {reason}")]
    Damaged {
        /// The compression.
        codec: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl PixelError {
    fn damaged(codec: &'static str, reason: impl ToString) -> Self {
        Self::Damaged { codec, reason: reason.to_string() }
    }
}
