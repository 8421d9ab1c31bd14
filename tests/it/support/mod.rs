//! What tests are made of: [`TestApp`], a service of its own on a server that all tests share, and [`Instance`], a
//! builder of DICOM files.

mod app;
mod azurite;
mod binary;
mod http;
mod instance;
mod storage;

pub use app::{TestApp, exports_folder, send};
pub use azurite::{ACCOUNT, KEY, TestContainer, azurite_connection, azurite_endpoint, queue_messages};
pub use binary::{Emulator, database_url, postmaster, signal};
pub use http::{Answer, DICOM_JSON, STORED_INSTANCE, STORED_MULTIPART, multipart_body, parts_of, raw};
pub use instance::{Instance, uid};
pub use storage::FakeStorage;

use std::path::PathBuf;

/// A folder that exists for the whole run and is removed after it.
pub fn scratch() -> PathBuf {
    use std::sync::LazyLock;
    static SCRATCH: LazyLock<tempfile::TempDir> =
        LazyLock::new(|| tempfile::Builder::new().prefix("healthcare-emulator-").tempdir().expect("a scratch folder"));
    SCRATCH.path().to_owned()
}
