//! `multipart/related` (RFC 2046 5.1, RFC 2387): read as it comes, written as it goes.

mod reader;
mod writer;

pub use reader::{MultipartError, MultipartReader};
pub use writer::Boundary;
