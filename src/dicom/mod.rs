//! Pure DICOM: bytes in, values out. Nothing here reads a file, waits, or asks for the time.
//!
//! [`part10`] turns the bytes of a file into a [`dataset::Dataset`], chunk by chunk and within bounds. The data set can
//! be read ([`dataset`], [`charset`]), judged ([`validate`]), written as DICOM JSON ([`json`]) and asked where its frames
//! lie ([`frames`]). An [`image`] has its frames decoded by [`pixel`], [`transcode`] writes it in another transfer syntax and
//! [`render`] draws it. A file can be written with some of its attributes changed ([`update`]).

pub mod charset;
pub mod dataset;
pub mod dictionary;
pub mod frames;
pub mod image;
pub mod json;
mod overlay;
pub mod part10;
pub mod pixel;
pub mod render;
pub mod transcode;
pub mod uid;
pub mod update;
pub mod validate;
pub mod vr;

#[cfg(test)]
mod testing;
