//! Writing a multipart body.

use std::hash::{BuildHasher, RandomState};

/// What separates the parts of one answer.
#[derive(Debug, Clone)]
pub struct Boundary(String);

impl Boundary {
    /// A boundary that no part will contain: 122 random bits in the form of a UUID.
    pub fn random() -> Self {
        let bits = || RandomState::new().hash_one(0);
        let (high, low) = (bits(), bits());
        Self(format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xFFFF,
            high & 0xFFF,
            low >> 52,
            low & 0xFFFF_FFFF_FFFF
        ))
    }

    /// The boundary itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The `Content-Type` of the answer.
    pub fn content_type(&self) -> String {
        format!("multipart/related; boundary={}", self.0)
    }

    /// What stands before the bytes of a part; `index` counts from 0.
    pub fn before_part(&self, index: usize, content_type: &str) -> String {
        let line_end = if index == 0 { "" } else { "\r\n" };
        format!("{line_end}--{}\r\nContent-Type: {content_type}\r\n\r\n", self.0)
    }

    /// What stands after the last part.
    pub fn after_parts(&self) -> String {
        format!("\r\n--{}--\r\n", self.0)
    }
}
