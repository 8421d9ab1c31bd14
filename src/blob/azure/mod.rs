//! A client of Azure's Blob and Queue services, as far as export and import go: containers whose URL a client names, in
//! the cloud or in Azurite.
//!
//! Not `object_store`, which knows no append blobs, would rewrite a shared access signature, and stops at a blob name
//! that it does not like. Its signatures of account keys are used.

mod account;
mod connection_string;
mod container;
mod list;
mod queue;

pub use account::{Account, Credential, DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY};
pub use connection_string::{ConnectionString, MalformedConnectionString};
pub use container::{Container, Removal};
pub use list::{CLAIM_HEADER, Listed, ListedBlob};
pub use queue::Queue;

/// Why a storage account did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AzureError {
    /// No answer came. The words never hold the URL, whose query may be a secret.
    #[error("the storage account cannot be reached: {0}")]
    Unreachable(String),
    /// The account says that the request is wrong: a status of the 400s.
    #[error("the storage account refuses with {status} {code}")]
    Refused {
        /// The status.
        status: u16,
        /// What the account calls it, such as `ContainerNotFound`.
        code: String,
    },
    /// The account says that it fails: a status of the 500s, or one that asks for patience.
    #[error("the storage account fails with {status} {code}")]
    Failed {
        /// The status.
        status: u16,
        /// What the account calls it.
        code: String,
    },
    /// The key of the account is no base64.
    #[error("the key of the storage account is malformed")]
    MalformedKey,
    /// The answer is not what the protocol says.
    #[error("the storage account answers what cannot be read")]
    MalformedAnswer,
}

impl AzureError {
    /// The status that the account answered with, if it did.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } | Self::Failed { status, .. } => Some(*status),
            _ => None,
        }
    }
}
